import * as z from 'zod/mini'
import { keyed, withDefault } from '../source/leaves.ts'

/** What a push does that comes while a run is under way. */
export type Busy = 'wait' | 'refuse'

/** `hook`: how a server treats what is pushed to it. */
export interface HookSettings {
  readonly busy: Busy
}

export function hookSettings() {
  const busy = withDefault(z.enum(['wait', 'refuse']), 'wait', {
    description:
      'What becomes of a push while a run is under way: it waits for its turn, or git refuses it.',
    examples: ['refuse'],
  })
  const about = {
    description: 'Deploying by `git push` to a server (`belay hook install`).',
    examples: [{ busy: 'refuse' }],
  }
  return withDefault(keyed({ busy }), {}, about)
}
