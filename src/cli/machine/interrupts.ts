import { setMaxListeners } from 'node:events'
import { EXIT } from '../../base/exit.ts'
import type { Interrupt, Surroundings } from './surroundings.ts'

const INTERRUPTS: readonly Interrupt[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

export const STOPPING =
  'stopping: what has started is put back first; once more leaves without waiting'

export const LEAVING =
  'left without waiting: an unconfirmed release is put back by the servers themselves, ' +
  'and the next run finishes what is left (belay status tells)'

/**
 * The first interrupt lets the run end in order. The second leaves at once, and says who takes
 * care now.
 */
export function watchInterrupts(
  around: Pick<Surroundings, 'onInterrupt' | 'leave'>,
  say: (text: string) => void,
): AbortSignal {
  const controller = new AbortController()
  // Each child process listens to it, and dozens may run at once: no leak to warn people of.
  setMaxListeners(0, controller.signal)
  for (const signal of INTERRUPTS) {
    around.onInterrupt(signal, () => {
      if (controller.signal.aborted) {
        say(LEAVING)
        around.leave(EXIT.interrupted)
        return
      }
      controller.abort(signal)
      say(STOPPING)
    })
  }
  return controller.signal
}
