import { accessoryContainers } from '../plan/accessories.ts'
import type { Instruction, OldContainer, RestartPolicy } from '../plan/instruction.ts'
import type { Observed, ObservedContainer } from '../plan/observed.ts'
import type { HostPlan, PlannedStep } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import { callersAmong, liveNetwork } from './live.ts'

/** Where the changed base lies on a host while it is applied. */
export const BASE_FOLDER = 'base'
const FOLDER = `releases/${BASE_FOLDER}`
/** For compose: names left out that the run gives, and what is there already declared so. */
const FILE = `${FOLDER}/change.json`
/** As the user's files have it: what a later change is compared with. */
const RECORD = `${FOLDER}/base.json`

/** One accessory that is made anew, or for the first time. */
export interface Renewal {
  readonly service: string
  /** None: it is new. */
  readonly old: readonly ObservedContainer[]
  /** What survives a reboot afterwards. */
  readonly policy: RestartPolicy
  /** As it was made, where that is known; else as Docker tells it. */
  readonly oldPolicy: RestartPolicy
  /** Its containers, as compose names them. */
  readonly names: readonly string[]
  readonly hash: string
  /** A tar with the files that are copied into it. */
  readonly files?: string
  readonly graceSeconds: number
  readonly startSeconds: number
  /** Why: shown with the step. */
  readonly differs: readonly string[]
}

export interface BasePlanRequest {
  /** What serves, and goes on serving. */
  readonly release: Release
  readonly observed: Observed
  /** Each after those it depends on. */
  readonly renewals: readonly Renewal[]
}

/**
 * How accessories are exchanged on one host. The new container is made while the old one works; the
 * old one stops, and stays until the new one has proved itself: of two that write the same data only
 * one may ever run.
 */
export function makeBasePlan({ release, observed, renewals }: BasePlanRequest): HostPlan {
  const about = { release, observed }
  const changed = renewals.filter(({ old }) => old.length > 0)
  return {
    host: observed.host,
    release,
    accessories: { ...accessoryContainers(release, observed.containers), ...namesOf(renewals) },
    previous: release.id,
    steps: [
      ...(changed.length > 0 ? [make(changed, about)] : []),
      // A backup of what is exchanged belongs here: the old one still runs.
      ...renewals.map((each) => (each.old.length > 0 ? exchange(each) : begin(each, about))),
      prove(release, renewals),
    ],
    back: [...renewals].reverse().flatMap((each) => back(each, about)),
    forward: forward(renewals, about),
    images: [],
  }
}

function namesOf(renewals: readonly Renewal[]): HostPlan['accessories'] {
  return Object.fromEntries(renewals.map(({ service, names }) => [service, names]))
}

type About = Pick<BasePlanRequest, 'release' | 'observed'>

function make(changed: readonly Renewal[], { release, observed }: About): PlannedStep {
  const project = release.baseProject
  const live = liveNetwork(release, observed)
  return {
    kind: 'change',
    id: 'make',
    title: `make the new ${changed.map(({ service }) => service).join(', ')} beside the old`,
    because: 'what cannot be made must not cost anybody a connection',
    instructions: changed.flatMap((each): Instruction[] => [
      {
        do: 'renew',
        project,
        file: FILE,
        service: each.service,
        names: each.names,
        old: old(each),
      },
      ...putFiles(each),
      ...connect(live, callersAmong(release, [each])),
    ]),
    timeoutSeconds: 120,
    movesTraffic: false,
  }
}

function putFiles({ files, names }: Renewal): Instruction[] {
  if (files === undefined) return []
  return [{ do: 'put-files', file: `${FOLDER}/${files}`, containers: names }]
}

function exchange(renewal: Renewal): PlannedStep {
  const { service, names, graceSeconds, startSeconds, differs } = renewal
  const before = beforeOf(renewal)
  return {
    kind: 'change',
    id: `exchange-${service}`,
    title: `exchange ${service}; its connections are cut until the new one is ready`,
    because: differs.join(', '),
    instructions: [
      // A reboot in between must find one of the two, and that is the old one.
      { do: 'policy', policy: 'always', containers: before },
      stopOld(renewal),
      { do: 'start', containers: names },
      { do: 'steady', containers: names, seconds: startSeconds },
    ],
    timeoutSeconds: 30 + graceSeconds + startSeconds,
    movesTraffic: false,
  }
}

function begin({ service, startSeconds, names }: Renewal, about: About): PlannedStep {
  const { release, observed } = about
  const callers = callersAmong(release, [{ service, names }])
  return {
    kind: 'change',
    id: `start-${service}`,
    title: `start ${service}`,
    because: 'it is new',
    instructions: [
      { do: 'base', project: release.baseProject, file: FILE, services: [service] },
      ...connect(liveNetwork(release, observed), callers),
    ],
    timeoutSeconds: 60 + startSeconds,
    movesTraffic: false,
  }
}

function connect(network: string | undefined, containers: readonly string[]): Instruction[] {
  if (network === undefined || containers.length === 0) return []
  return [{ do: 'connect', network, aliases: [], containers }]
}

/** The app must work with it: by the same checks that its own releases have to pass. */
function prove(release: Release, renewals: readonly Renewal[]): PlannedStep {
  const services = release.services.filter(({ role }) => role !== 'job')
  const accessories = renewals.map(({ service }) => service)
  const longest = Math.max(0, ...services.map(({ startTimeoutMs }) => startTimeoutMs))
  return {
    kind: 'prove',
    id: 'prove-live',
    title: `prove ${release.id} with ${accessories.join(', ')}`,
    because: 'a change of the base is kept only when the app works with it',
    services: [...services.map(({ name }) => name), ...accessories],
    through: 'front-door',
    timeoutSeconds: Math.ceil(longest / 1000),
  }
}

function back(renewal: Renewal, { release }: About): Instruction[] {
  const { service, graceSeconds, names, oldPolicy } = renewal
  if (renewal.old.length === 0) return [{ do: 'remove', containers: names }]
  const containers = renewal.old.map(({ name }) => name)
  const project = release.baseProject
  return [
    { do: 'restore', project, service, graceSeconds, old: old(renewal) },
    { do: 'start', containers },
    { do: 'policy', policy: oldPolicy, containers },
  ]
}

/** Policies come first: the host carries them out before it tells anybody of the commit. */
function forward(renewals: readonly Renewal[], { release }: About): Instruction[] {
  const changed = renewals.filter((each) => each.old.length > 0)
  const before = changed.flatMap(beforeOf)
  const definitions = Object.fromEntries(renewals.map(({ service, hash }) => [service, hash]))
  return [
    ...(before.length > 0 ? [{ do: 'policy', policy: 'no', containers: before } as const] : []),
    ...changed.map(({ policy, names }) => ({ do: 'policy', policy, containers: names }) as const),
    // Both do nothing, unless the power failed in between.
    ...changed.map(stopOld),
    ...changed.map(({ names }) => ({ do: 'start', containers: names }) as const),
    ...(before.length > 0 ? [{ do: 'remove', containers: before } as const] : []),
    { do: 'made-from', project: release.baseProject, file: RECORD, definitions },
  ]
}

function stopOld(renewal: Renewal): Instruction {
  return { do: 'stop', containers: beforeOf(renewal), graceSeconds: renewal.graceSeconds }
}

function old(renewal: Renewal): readonly OldContainer[] {
  return renewal.old.map(({ id, name }) => ({ id, name }))
}

/** What the old ones are called while there are new ones. */
function beforeOf(renewal: Renewal): string[] {
  return renewal.old.map(({ name }) => `${name}.before`)
}
