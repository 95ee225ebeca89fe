import type { AppConfig, Wave } from '../config/app-config.ts'
import type { Stage } from '../hosts/host.ts'
import { adoptionNotes } from '../plan/adoption.ts'
import { baseNotes } from '../plan/accessories.ts'
import { branchNotes } from '../plan/branch.ts'
import { compare } from '../plan/change.ts'
import type { Observed } from '../plan/observed.ts'
import { holdNotes } from '../plan/patience.ts'
import type { HostPlan, Note, Plan } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import { makeHostPlan } from '../rollouts/host-plan.ts'
import { adoptableContainers } from '../rollouts/old-release.ts'
import { retention } from '../rollouts/retention.ts'
import { type Draft, renderFor } from './draft/draft.ts'
import { choresOf, migrateNotes } from './migrate/chores.ts'
import { makeRelease } from './draft/release.ts'
import { composeNotes } from './draft/source.ts'
import { stageOf } from './draft/stage.ts'
import { type Fleet, anchorOf, observedOn } from './fleet.ts'
import type { World } from './world.ts'

/** A plan, and what is put on each host for it. */
export interface Planned {
  readonly plan: Plan
  readonly stages: ReadonlyMap<string, Stage>
}

/** Everything is chosen here: numbers, names, slots, order. */
export async function planDeploy(
  world: World,
  config: AppConfig,
  { draft, fleet, notes }: { draft: Draft; fleet: Fleet; notes: readonly Note[] },
): Promise<Planned> {
  const observed = fleet.names.map((name) => observedOn(fleet, name))
  const id = nextRelease(observed)
  const stages = new Map<string, Stage>()
  const hosts: HostPlan[] = []
  for (const seen of observed) {
    const rendered = renderFor(config, draft, { release: id, observed: seen })
    const release = makeRelease(world, config, { draft, rendered, id, observed: seen })
    const shipped = await readShipped(world, rendered.shipped)
    const { proxy } = config
    const { base, release: compose } = rendered
    stages.set(seen.host, stageOf({ release, compose, base, shipped, proxy }))
    const { fold, forget } = retention(seen, { keep: config.keep, next: id })
    const chores = choresOf(config, { isAnchor: seen.host === anchorOf(fleet) })
    hosts.push(makeHostPlan({ release, observed: seen, kept: false, fold, forget, chores }))
  }
  const [first] = hosts
  if (first === undefined) throw new Error('a plan needs a host')
  const plan: Plan = {
    app: config.app,
    environment: config.environment,
    purpose: 'deploy',
    release: first.release,
    anchor: anchorOf(fleet),
    hosts,
    waves: migratingFirst(config, anchorOf(fleet), wavesOf(fleet.names, config.wave)),
    change: compare(first.release, observed),
    notes: [
      ...composeNotes(draft.source),
      ...branchNotes(config, draft.source.commit?.branch),
      ...notes,
      ...draft.neutral.notes,
      ...migrateNotes(config, { release: first.release, anchor: anchorOf(fleet) }),
      ...baseNotes(first.release, observed),
      ...dataNotes(first.release, observed),
      ...holdNotes(first.release),
      ...balancerNotes(config, first.release),
      ...observed.flatMap((seen) => adopting(first.release, seen)),
      ...observed.flatMap((seen) => memoryNotes(draft, seen)),
    ],
  }
  return { plan, stages }
}

/** One more than the highest number that any host has seen. */
export function nextRelease(hosts: readonly Observed[]): string {
  const numbers = hosts
    .flatMap(({ releases, current }) => [...releases.map(({ id }) => id), current ?? 'r0'])
    .map((id) => Number.parseInt(id.slice(1), 10))
  return `r${Math.max(0, ...numbers) + 1}`
}

/** One host first, then the rest; or as many at a time as the user says. */
export function wavesOf(names: readonly string[], wave: Wave): string[][] {
  if (wave.kind === 'all') return [[...names]]
  const size =
    wave.kind === 'percent'
      ? Math.max(1, Math.floor((names.length * wave.percent) / 100))
      : wave.hosts
  const rest = names.slice(size)
  return [names.slice(0, size), ...(rest.length > 0 ? [rest] : [])].map((each) => [...each])
}

/** The one that migrates goes alone: until then the others have nothing that the new code could use. */
function migratingFirst(
  { migrate }: AppConfig,
  anchor: string,
  waves: readonly (readonly string[])[],
): string[][] {
  const all = waves.map((names) => [...names])
  if (migrate === undefined) return all
  const others = all.map((names) => names.filter((name) => name !== anchor))
  return [[anchor], ...others.filter((names) => names.length > 0)]
}

/** Side by side, both releases need their memory at once; limits are all that is known of it. */
function memoryNotes({ neutral }: Draft, { host, facts }: Observed): Note[] {
  const needed = neutral.services
    .filter(({ rollout }) => rollout === 'overlap')
    .reduce((sum, { memoryBytes = 0, replicas }) => sum + memoryBytes * replicas, 0)
  if (needed <= facts.memoryAvailableBytes) return []
  const [want, have] = [needed, facts.memoryAvailableBytes].map((n) => Math.round(n / 1024 ** 2))
  const text =
    `the new release may take ${want} MB beside the old one, and ${have} MB are free: ` +
    'choose rollout: handover or rolling for the largest service'
  return [{ level: 'warning', about: `memory of ${host}`, text }]
}

function adopting(release: Release, observed: Observed): Note[] {
  if (observed.current !== undefined) return []
  return adoptionNotes(release, observed, adoptableContainers(observed, release.baseProject))
}

/** Hosts share no data: told when a host joins, while it can still be decided otherwise. */
function dataNotes({ accessories }: Release, hosts: readonly Observed[]): Note[] {
  const joins = hosts.some(({ current }) => current === undefined)
  if (hosts.length < 2 || accessories.length === 0 || !joins) return []
  const text =
    'each host starts its own, with data of its own; where all must share one, run it outside ' +
    'of this app and name its address in the environment'
  return [{ level: 'warning', about: accessories.join(', '), text }]
}

/** Several hosts are behind a balancer, which alone knows the client; so it has to be named. */
function balancerNotes({ proxy, hosts }: AppConfig, release: Release): Note[] {
  const routed = release.services.some(({ routes }) => routes.length > 0)
  const isAssumed = proxy.mode === 'shared' && proxy.tls === 'auto' && hosts.length > 1
  if (!routed || !isAssumed || proxy.balancer.length > 0) return []
  const text =
    'with several hosts, requests come from a balancer of yours, by plain HTTP: name its addresses ' +
    'here, or the app takes it for the client, and HTTPS for HTTP'
  return [{ level: 'warning', about: 'proxy.balancer', text }]
}

async function readShipped(world: World, shipped: Draft['neutral']['shipped']) {
  const files = []
  for (const file of shipped) {
    const content =
      'content' in file
        ? new TextEncoder().encode(file.content)
        : (await world.workstation.readFile(file.from)).content
    files.push({ path: file.to, content, mode: file.mode })
  }
  return files
}
