import type { World } from '../world.ts'

interface Telling {
  readonly step: string
  readonly host: string
  readonly title: string
  readonly because: string
}

/** Does something on a host (or here: an empty name), and tells when it begins and how it ends. */
export async function told<T>(
  world: Pick<World, 'clock' | 'tell'>,
  about: Telling,
  work: () => Promise<T>,
): Promise<T> {
  const { step, host } = about
  const before = world.clock.monotonic()
  world.tell({ type: 'step-started', ...about })
  let ok = false
  try {
    const result = await work()
    ok = true
    return result
  } finally {
    const durationMs = world.clock.monotonic() - before
    world.tell({ type: 'step-finished', step, host, durationMs, ok })
  }
}
