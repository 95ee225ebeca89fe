import { type Rollout, drainOld, leaveNew, routeTo, stopOld, surviveReboot } from './rollout.ts'

/** The new stands whole beside the old, is proved, gets the traffic at once; the old drains. */
export const overlap: Rollout = {
  kind: 'overlap',

  startsWith: () => 'all',

  // One action for all services: one round trip, and no moment in between.
  steps: (replacements) => {
    const routes = replacements.flatMap((each) => routeTo([each], each.slot))
    if (routes.length === 0) return []
    // A power cut right after the commit must find it coming back; two of it may run at once.
    const instructions = [...routes, ...surviveReboot(replacements)]
    return [
      {
        kind: 'change',
        id: 'switch',
        title: 'turn traffic to it',
        because: 'it was proved before it got any',
        instructions,
        timeoutSeconds: 30,
        movesTraffic: true,
      },
    ]
  },

  // The old release still runs: for clients, going back is the rename alone. What the new one has
  // in flight by then is still answered.
  back: (replacements) => leaveNew(replacements, 'all that is open'),

  forward: (replacements) => [
    ...drainOld(replacements, 'all that is open'),
    ...stopOld(replacements),
  ],
}
