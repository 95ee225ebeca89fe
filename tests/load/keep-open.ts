import { setTimeout as wait } from 'node:timers/promises'
import type { Tally } from './tally.ts'

interface Kept {
  /** As the report calls it. */
  readonly kind: 'events' | 'websocket'
  /** In the name of a loss. */
  readonly title: string
  /** Opens it, and resolves to how to hear it out: to whether its end was told. */
  readonly open: () => Promise<() => Promise<boolean>>
  readonly reasonOf?: (error: unknown) => string
}

/**
 * For as long as the load runs. The server may end it, as a release that goes must; it is then
 * opened again. Whatever it rejects with is a loss.
 */
export async function keepOpen(
  { kind, title, open, reasonOf = messageOf }: Kept,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  for (let n = 1; !signal.aborted; n++) {
    tally.sent += 1
    try {
      const hear = await open()
      tally[kind].opened += 1
      const isTold = await hear()
      if (signal.aborted) return
      tally[kind].closed += 1
      if (!isTold) tally[kind].cut += 1
    } catch (error) {
      if (signal.aborted) return
      tally.loseAs(`${title} ${n}`, kind, reasonOf(error))
    }
    await wait(100)
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
