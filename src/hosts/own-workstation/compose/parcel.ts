import { homedir } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import type { ComposeParcel } from '../../host.ts'
import type { ComposeConfigRequest } from '../../workstation.ts'
import { composeUnsendable } from '../failures.ts'
import { composeEnvironment, type Machine } from '../machine.ts'
import { BYTES_MAX, FILES_MAX, type Gathered, type GatheredFile, type NamedIn } from './gather.ts'

/** What a host needs to read the user's files as compose would read them here. */
export function packFor(
  machine: Machine,
  request: ComposeConfigRequest,
  gathered: Gathered,
): ComposeParcel {
  refuse(gathered, request)
  const { project, profiles, directory } = request
  return {
    project,
    profiles,
    files: request.files.map((file) => resolve(directory, file)),
    contents: gathered.files.map(({ path, content }) => ({ path, content })),
    folders: gathered.folders,
    values: { ...mentioned(machine, gathered.files), ...request.values },
    home: machine.env['HOME'] ?? homedir(),
  }
}

const WORD = /[A-Za-z_]\w*/g

/** Of the caller's environment, only what the files mention by name leaves this machine. */
function mentioned(machine: Machine, files: readonly GatheredFile[]): Record<string, string> {
  const words = new Set(files.flatMap(({ text }) => text.match(WORD) ?? []))
  const caller = Object.entries(composeEnvironment(machine.env)).filter(([name]) => words.has(name))
  return Object.fromEntries(
    caller.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}

/** What would be read there as another file than here, or not at all. */
function refuse({ named, isCut }: Gathered, request: ComposeConfigRequest): void {
  const [file = ''] = request.files
  if (isCut) {
    const reason = `more than ${FILES_MAX} files or ${BYTES_MAX / 1024 / 1024} MB belong to it`
    throw composeUnsendable({ file, reason })
  }
  const split = request.files.find((path) => path.includes('\n'))
  if (split !== undefined) {
    throw composeUnsendable({
      file: JSON.stringify(split),
      reason: 'its name has a line end in it',
    })
  }
  const tied = named.find(isTied)
  if (tied === undefined) return
  const { at, key, written } = tied.named
  const reason = `${key} ${written} is an absolute path, which on a server means another file`
  throw composeUnsendable({ file: tied.file, ...at, reason })
}

function isTied({ named: { kind, written, isRequired }, isThere }: NamedIn): boolean {
  if (kind === 'folder' || written === '/dev/null') return false
  return isAbsolute(written) && (isThere || isRequired)
}
