import type { PlannedStep } from '../plan/plan.ts'
import {
  type Replacement,
  type Rollout,
  drainOld,
  leaveNew,
  proveStep,
  routeTo,
  startNew,
  startOld,
  stopOld,
} from './rollout.ts'

/**
 * Never two at once: traffic is turned to the new containers while they do not run yet, so that the
 * proxy holds requests; the old drain and stop, the new start. Going back is the same dance. All
 * services of a hand-over go together: one that calls another would meet it stopped.
 */
export const handover: Rollout = {
  kind: 'handover',

  startsWith: () => 'none',

  steps: (replacements) => {
    if (replacements.length === 0) return []
    const services = replacements.map(({ service }) => service)
    return [
      exchange(replacements),
      proveStep(services, {
        id: `prove-${services.map(({ name }) => name).join('-')}`,
        because: 'the old ones have stopped, so this is what requests wait for',
      }),
    ]
  },

  back: (replacements) => {
    const going = replacements.filter(({ old }) => old !== undefined)
    return [...leaveNew(going), ...startOld(going)]
  },

  // They have stopped already, unless the power failed in between.
  forward: (replacements) => stopOld(replacements),
}

function exchange(replacements: readonly Replacement[]): PlannedStep {
  const services = replacements.map(({ service }) => service)
  const names = services.map(({ name }) => name)
  const isFirst = replacements.every(({ old }) => old === undefined)
  const waits = replacements.map(
    ({ service, old }) => service.drainSeconds + (old?.graceSeconds ?? 0),
  )
  return {
    kind: 'change',
    id: `hand-over-${names.join('-')}`,
    title: isFirst ? `start ${names.join(', ')}` : `hand ${names.join(', ')} over`,
    because: [...new Set(services.map(({ because }) => because))].join('; '),
    // Traffic is turned first, so that no request can meet a connection that is about to close.
    instructions: [
      ...replacements.flatMap((each) => routeTo([each], each.slot)),
      ...drainOld(replacements),
      // What calls others stops before them, and starts after them.
      ...stopOld([...replacements].reverse()),
      ...startNew(replacements),
    ],
    timeoutSeconds: 30 + waits.reduce((sum, each) => sum + each, 0),
    movesTraffic: services.some(({ routeKey }) => routeKey !== undefined),
  }
}
