import type { Action, StagedFile } from '../host.ts'
import { instructionLine, pendingFile } from './instruction-lines.ts'
import { tar } from './tar.ts'

/** The words and the payload of the kit's verb `do`. */
export interface DoRequest {
  readonly words: readonly string[]
  readonly payload: Buffer
}

/**
 * The note for the journal and the instructions, a line each; after an empty line the release's
 * folder as a tar, with the file `pending` in it. Where nothing is staged that file comes alone.
 */
export function doRequest(action: Action, epoch: number): DoRequest {
  const { number, title, about, guard, timeoutSeconds, stage, arm } = action
  const note = JSON.stringify({ type: 'action', number, title, ...about })
  const lines = [note, ...action.instructions.map(instructionLine), '', '']
  const pending = arm === undefined ? undefined : Buffer.from(pendingFile(arm, epoch))
  const body = stage === undefined ? (pending ?? Buffer.alloc(0)) : tarOf(stage.files, pending)
  return {
    words: [
      ...[epoch, number, guard, timeoutSeconds].map(String),
      ...(stage === undefined ? [] : [`stage=${stage.release}`]),
      ...(stage?.from === undefined ? [] : [`from=${stage.from}`]),
      ...(arm === undefined ? [] : ['arm']),
    ],
    payload: Buffer.concat([Buffer.from(lines.join('\n')), body]),
  }
}

function tarOf(files: readonly StagedFile[], pending: Uint8Array | undefined): Buffer {
  if (pending === undefined) return tar(files)
  return tar([...files, { path: 'pending', content: pending, mode: 0o600 }])
}
