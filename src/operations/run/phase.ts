import type { Clock } from '../../base/clock.ts'
import type { Tell } from '../../base/event.ts'

interface Phase<T> {
  readonly phase: string
  readonly title: string
  /** Whether it went well, where it does not throw when it does not. */
  readonly isGood?: (done: T) => boolean
}

/** A part of a run with a name of its own: how long it took, and whether it went well, is told. */
export async function inPhase<T>(
  { clock, tell }: { readonly clock: Clock; readonly tell: Tell },
  { phase, title, isGood }: Phase<T>,
  work: () => Promise<T>,
): Promise<T> {
  const begun = clock.monotonic()
  tell({ type: 'phase-started', phase, title })
  let ok = false
  try {
    const done = await work()
    ok = isGood?.(done) ?? true
    return done
  } finally {
    tell({ type: 'phase-finished', phase, durationMs: clock.monotonic() - begun, ok })
  }
}
