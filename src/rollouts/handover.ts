import { slotAlias } from '../base/names.ts'
import type { Route } from '../base/words.ts'
import type { Instruction } from '../plan/instruction.ts'
import type { PlannedStep } from '../plan/plan.ts'
import {
  type Inside,
  type OldService,
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

  steps: (replacements, { migrate, tasks } = NOTHING) => {
    const [first, ...others] = tiersOf(replacements)
    if (first === undefined) return []
    return [
      ...(migrate.length === 0
        ? [exchange(replacements, first)]
        : [exchange(replacements, []), ...migrate, begin(first)]),
      ...tasks,
      proof(first, whyProve(first, others.flat())),
      ...others.flatMap((tier, index) => [
        begin(tier),
        proof(tier, whyProve(tier, others.slice(index + 1).flat())),
      ]),
    ]
  },

  back: (replacements, { undo } = NOTHING) => {
    const going = replacements.filter(({ old }) => old !== undefined)
    const coming = replacements.filter(({ old }) => old === undefined)
    return [
      ...leaveNew([...going].reverse(), 'requests'),
      // Nothing may write beside what undoes a migration; nothing else stops these before the end.
      ...(undo.length > 0 ? leaveNew(coming, 'requests') : []),
      ...undo,
      ...startAgain(going),
      ...going.flatMap(relayed),
    ]
  },

  // They have stopped already, unless the power failed in between.
  forward: (replacements) => stopOld(replacements),
}

const NOTHING: Inside = { migrate: [], tasks: [], undo: [] }

/** Requests wait for what starts before a routed service, and not for the proof of that service. */
function whyProve(tier: readonly Replacement[], later: readonly Replacement[]): string {
  if (tier.every(({ old }) => old === undefined)) return 'a release is kept only if it works'
  if (tier.some(isRouted)) {
    return 'the old ones have stopped, and requests reach the new ones as soon as they listen'
  }
  return later.some(isRouted)
    ? 'the old ones have stopped, so this is what requests wait for'
    : 'the old ones have stopped, and start again should the new ones not work'
}

function isRouted({ service }: Replacement): boolean {
  return service.routeKey !== undefined
}

function exchange(
  replacements: readonly Replacement[],
  first: readonly Replacement[],
): PlannedStep {
  const services = replacements.map(({ service }) => service)
  const names = services.map(({ name }) => name)
  const isFirst = replacements.every(({ old }) => old === undefined)
  const waits = replacements.map(
    ({ service, old }) => service.drainSeconds + (old?.graceSeconds ?? 0),
  )
  return {
    kind: 'change',
    id: `hand-over-${names.join('-')}`,
    title: exchangeTitle({ isFirst, first, names }),
    because: [...new Set(services.map(({ because }) => because))].join('; '),
    // Traffic is turned first, so that no request can meet a connection that is about to close.
    instructions: [
      ...replacements.flatMap((each) => routeTo([each], each.slot)),
      ...drainOld(replacements, 'requests'),
      // What calls others stops before them, and starts after them.
      ...stopOld([...replacements].reverse()),
      ...startNew(first),
    ],
    timeoutSeconds: 30 + waits.reduce((sum, each) => sum + each, 0),
    movesTraffic: services.some(({ routeKey }) => routeKey !== undefined),
  }
}

function exchangeTitle(of: {
  readonly isFirst: boolean
  /** None where something else is done before they start. */
  readonly first: readonly Replacement[]
  readonly names: readonly string[]
}): string {
  const { isFirst, first, names } = of
  if (first.length === 0)
    return isFirst ? `make way for ${names.join(', ')}` : `stop the old ${names.join(', ')}`
  return isFirst ? `start ${namesOf(first)}` : `hand ${names.join(', ')} over`
}

/** Only now: a proxy of the app's own would answer for an api that is not there yet, with errors. */
function begin(tier: readonly Replacement[]): PlannedStep {
  const needed = [...new Set(tier.flatMap(({ service }) => service.needs ?? []))]
  return {
    kind: 'change',
    id: `start-${tier.map(({ service }) => service.name).join('-')}`,
    title: `start ${namesOf(tier)}`,
    because:
      needed.length > 0 ? `what it needs is there: ${needed.join(', ')}` : 'its data is ready',
    instructions: startNew(tier),
    timeoutSeconds: 60,
    movesTraffic: false,
  }
}

function proof(tier: readonly Replacement[], because: string): PlannedStep {
  const services = tier.map(({ service }) => service)
  return proveStep(services, {
    id: `prove-${services.map(({ name }) => name).join('-')}`,
    because,
  })
}

function namesOf(replacements: readonly Replacement[]): string {
  return replacements.map(({ service }) => service.name).join(', ')
}

/** Those that need no other of them first, then those that need these, and so on. */
function tiersOf(replacements: readonly Replacement[]): Replacement[][] {
  const tiers: Replacement[][] = []
  for (let left = [...replacements]; left.length > 0; ) {
    const names = new Set(left.map(({ service }) => service.name))
    const free = left.filter(({ service }) => !service.needs?.some((need) => names.has(need)))
    const tier = free.length > 0 ? free : left
    tiers.push(tier)
    left = left.filter((each) => !tier.includes(each))
  }
  return tiers
}

/** As the new ones were started: each after what it needs answers. */
function startAgain(going: readonly Replacement[]): Instruction[] {
  const tiers = tiersOf(going)
  return tiers.flatMap((tier, index) => [
    ...startOld(tier),
    ...(index < tiers.length - 1 ? [awaiting(tier.flatMap(({ old }) => old ?? []))] : []),
  ])
}

function awaiting(old: readonly OldService[]): Instruction {
  return {
    do: 'await',
    seconds: Math.max(0, ...old.map(({ patienceSeconds }) => patienceSeconds)),
    containers: old.flatMap(({ containers }) => containers),
    ports: old.flatMap(({ answers }) => answers),
  }
}

/** A request that the proxy holds for the new one goes on waiting for it, wherever traffic is turned. */
function relayed({ service, slot, old }: Replacement): Instruction[] {
  const { routeKey, routes, drainSeconds: seconds } = service
  if (routeKey === undefined || old?.slot === undefined || old.routes.length === 0) return []
  const ports = new Map(routes.map((route) => [route.port, oldPort(route, old.routes)]))
  return [
    {
      do: 'relay',
      from: slotAlias(routeKey, slot),
      to: slotAlias(routeKey, old.slot),
      ports: [...ports].map(([from, to]) => ({ from, to })),
      seconds,
    },
  ]
}

function oldPort(route: Route, before: readonly Route[]): number {
  const same = before.find(({ domain, path }) => domain === route.domain && path === route.path)
  return (same ?? before[0] ?? route).port
}
