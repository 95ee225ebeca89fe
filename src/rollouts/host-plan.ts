import { releaseNumber } from '../base/names.ts'
import { accessoryContainers } from '../plan/accessories.ts'
import type { Instruction } from '../plan/instruction.ts'
import type { Observed } from '../plan/observed.ts'
import type { HostPlan, PlannedStep } from '../plan/plan.ts'
import type { Release, ReleaseService } from '../plan/release.ts'
import { insideHandover, migrateFirst, tasksBeside } from './chores.ts'
import { type HostChange, type HostPlanRequest, hostChange } from './host-change.ts'
import { ROLLOUTS } from './index.ts'
import { backList, forwardList } from './lists.ts'
import { giveNames } from './live.ts'
import { preludeOf, siteKey, takeOver, takesOverPorts } from './prelude.ts'
import { inOrder } from './in-order.ts'
import type { Replacement } from './rollout.ts'

/** How one release replaces another on one host: steps, and the lists that end it either way. */
export function makeHostPlan(request: HostPlanRequest): HostPlan {
  const change = hostChange(request)
  const { release, observed, chores: { migration } = {} } = request
  return {
    host: observed.host,
    release,
    ...(observed.current === undefined ? {} : { previous: observed.current }),
    accessories: accessoryContainers(release, observed.containers),
    ...(migration === undefined ? {} : { migration }),
    steps: [
      ...startSteps(change),
      ...tasksBeside(change),
      ...beforeTraffic(change),
      ...traffic(change),
      ...underTraffic(change),
    ],
    back: backList(change),
    forward: forwardList(change),
    images: release.services.map(({ image }) => ({ reference: image.reference, id: image.id })),
  }
}

/** What needs a schema that is not there yet starts once it is. */
function startSteps(change: HostChange): PlannedStep[] {
  const migrate = migrateFirst(change)
  if (migrate.length === 0) return [start(change)]
  const prelude: PlannedStep = {
    kind: 'change',
    id: 'prepare',
    title: `prepare ${change.release.id}`,
    because: 'its migration comes before its containers',
    instructions: preludeOf(change),
    timeoutSeconds: 300,
    movesTraffic: false,
  }
  return [prelude, ...migrate, { ...start(change), instructions: createNew(change) }]
}

/** Networks, volumes, accessories, then the containers: running, or waiting to be started. */
function start(change: HostChange): PlannedStep & { readonly kind: 'change' } {
  const { release, kept } = change
  return {
    kind: 'change',
    id: 'start',
    ...startWords(change),
    instructions: [...preludeOf(change), ...(kept ? startKept(change) : createNew(change))],
    timeoutSeconds: 300 + Math.max(0, ...release.services.map((s) => s.startTimeoutMs / 1000)),
    movesTraffic: false,
  }
}

function startWords(change: HostChange): { title: string; because: string } {
  const { release, kept, replacements } = change
  const isFirst = replacements.every(({ old }) => old === undefined)
  const waits = replacements.every((each) => startsWith(each) === 'none')
  const title = isFirst ? `start ${release.id}` : `start ${release.id} beside what serves`
  if (kept) return { title: waits ? `prepare ${release.id}` : title, because: STILL_THERE }
  if (!waits) return { title, because: 'it gets no traffic until it is proved' }
  const then = isFirst ? 'they start next' : 'they start once the old ones have stopped'
  return { title: `prepare ${release.id}`, because: `its containers are made; ${then}` }
}

const STILL_THERE = 'its containers are still there'

function startKept({ replacements }: HostChange): Instruction[] {
  const containers = replacements.flatMap((each) => {
    const replicas = startsWith(each)
    if (replicas === 'none') return []
    return replicas === 'all' ? each.service.containers : each.service.containers.slice(0, replicas)
  })
  return containers.length === 0 ? [] : [{ do: 'start', containers }]
}

function createNew({ release, observed, file, replacements }: HostChange): Instruction[] {
  const common = { project: release.project, file, slot: release.slot }
  const jobs = ranItsJobs(release, observed)
    ? []
    : release.services.filter(({ role }) => role === 'job')
  const running = replacements.filter((each) => startsWith(each) !== 'none')
  const waiting = replacements.filter((each) => startsWith(each) === 'none')
  const scale = Object.fromEntries(
    running.flatMap((each) => {
      const replicas = startsWith(each)
      return typeof replicas === 'number' ? [[each.service.key, replicas]] : []
    }),
  )
  const list: Instruction[] = []
  if (waiting.length > 0) list.push({ do: 'create', ...common, services: keys(waiting) })
  if (jobs.length > 0) {
    const timeoutSeconds = Math.max(...jobs.map((job) => job.startTimeoutMs / 1000))
    const services = jobs.map(({ key }) => key)
    list.push({ do: 'jobs', project: release.project, file, services, timeoutSeconds })
  }
  if (running.length > 0) list.push({ do: 'up', ...common, services: keys(running), scale })
  return list
}

/** Jobs run once per release: neither when it is brought up again, nor when it is restarted. */
function ranItsJobs(release: Release, { releases }: Observed): boolean {
  const number = releaseNumber(release.id)
  return releases.some(({ id, mark }) => mark === 'good' && releaseNumber(id) === number)
}

function startsWith({ service }: Replacement): 'all' | 'none' | number {
  return ROLLOUTS[service.rollout].startsWith(service)
}

function keys(replacements: readonly Replacement[]): string[] {
  return replacements.map(({ service }) => service.key)
}

/** One look at all services that run beside the old ones. */
function beforeTraffic(change: HostChange): PlannedStep[] {
  const running = change.replacements.filter((each) => startsWith(each) !== 'none')
  if (running.length === 0) return []
  const blind = takesOverPorts(change).length > 0
  const [only] = running.map(startsWith)
  return [
    {
      kind: 'prove',
      id: 'prove',
      title: `prove ${change.release.id} before it gets traffic`,
      because: blind
        ? 'the proxy cannot ask it before the old one has left its port'
        : 'an unproved release never gets a request',
      services: running.map(({ service }) => service.name),
      through: blind ? 'containers' : 'slot',
      ...(running.length === 1 && typeof only === 'number' ? { replicas: only } : {}),
      timeoutSeconds: longestStart(running.map(({ service }) => service)),
    },
  ]
}

/** Side by side services turn together; rolling, handed over and workers come after them. */
function traffic(change: HostChange): PlannedStep[] {
  const moves = inOrder(change.replacements).flatMap(({ rollout, replacements }) => {
    if (rollout !== 'handover') return ROLLOUTS[rollout].steps(replacements)
    const steps = ROLLOUTS[rollout].steps(replacements, insideHandover(change, replacements))
    return withNames(change, steps, replacements)
  })
  return withSite(change, moves)
}

/** In a hand-over nothing old is left that accessories could call: they do not wait for the confirm. */
function withNames(
  change: HostChange,
  steps: readonly PlannedStep[],
  replacements: readonly Replacement[],
): PlannedStep[] {
  const moved = new Set(replacements.map(({ service }) => service.name))
  const names = giveNames(change, (service) => moved.has(service))
  return steps.map((step, index) =>
    index === 0 && step.kind === 'change'
      ? { ...step, instructions: [...step.instructions, ...names] }
      : step,
  )
}

/** The site goes in with the first move: one round trip, and the host skips what is the same. */
function withSite(change: HostChange, moves: readonly PlannedStep[]): PlannedStep[] {
  const site = [...takeOver(change), ...siteInstructions(change)]
  const first = moves.findIndex((step) => step.kind === 'change' && step.movesTraffic)
  return moves.map((step, index) =>
    index === first && step.kind === 'change'
      ? { ...step, instructions: [...site, ...step.instructions] }
      : step,
  )
}

function siteInstructions({ release, folder }: HostChange): Instruction[] {
  if (release.proxy === 'none') return []
  return [{ do: 'site', key: siteKey(release), file: `${folder}/site.caddy` }]
}

/** The last look: as a client, through the front door. */
function underTraffic({ release }: HostChange): PlannedStep[] {
  const routed = release.services.filter(({ routeKey }) => routeKey !== undefined)
  if (routed.length === 0 && release.checks.length === 0) return []
  return [
    {
      kind: 'prove',
      id: 'prove-live',
      title: `prove ${release.id} under real traffic`,
      because: 'a release is kept only when it works for clients',
      services: release.services.filter(({ role }) => role !== 'job').map(({ name }) => name),
      through: 'front-door',
      timeoutSeconds: longestStart(release.services),
    },
  ]
}

function longestStart(services: readonly ReleaseService[]): number {
  return Math.ceil(Math.max(0, ...services.map((service) => service.startTimeoutMs)) / 1000)
}
