import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    // An abort ends the sleep early, and is no error: who sleeps looks at the signal anyway.
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
}
