import { type Slot, slotAlias } from '../base/names.ts'
import type { AwaitedPort } from '../plan/instruction.ts'
import type { Observed, ObservedContainer } from '../plan/observed.ts'
import type { Release, ReleaseService } from '../plan/release.ts'
import type { OldService } from './rollout.ts'

/** Compose's own default between SIGTERM and SIGKILL, for containers that Belay did not make. */
const DEFAULT_GRACE_SECONDS = 10

/** The release that serves on a host, as its state says. */
export function servingRelease(observed: Observed): Release | undefined {
  return observed.releases.find(({ id }) => id === observed.current)?.release
}

/** Containers of the same compose project that somebody started by `docker compose up`. */
export function adoptableContainers(
  observed: Observed,
  baseProject: string,
): readonly ObservedContainer[] {
  return observed.containers.filter(
    ({ project, release }) => project === baseProject && release === undefined,
  )
}

/** What a service replaces on a host: the serving release's containers, or adopted ones. */
export function oldService(observed: Observed, service: ReleaseService): OldService | undefined {
  const serving = servingRelease(observed)
  const before = serving?.services.find(({ name }) => name === service.name)
  if (serving === undefined || before === undefined) return undefined
  return fromRelease(serving, before, slotOf(observed, before))
}

export function adoptedService(
  containers: readonly ObservedContainer[],
  service: string,
): OldService | undefined {
  const own = containers.filter((container) => container.service === service)
  if (own.length === 0) return undefined
  return {
    containers: own.map(({ name }) => name),
    graceSeconds: DEFAULT_GRACE_SECONDS,
    slot: undefined,
    routes: [],
    answers: [],
    patienceSeconds: 0,
  }
}

function fromRelease(release: Release, before: ReleaseService, slot: Slot | undefined): OldService {
  return {
    containers: before.containers,
    graceSeconds: before.stopGraceSeconds,
    slot,
    routes: before.routes,
    answers: answersOf(release, before, slot ?? release.slot),
    patienceSeconds: Math.ceil(before.startTimeoutMs / 1000),
  }
}

/** Where its own checks ask it. */
function answersOf(
  { proxy, checks }: Release,
  { name, slotKey, routes }: ReleaseService,
  slot: Slot,
): AwaitedPort[] {
  if (slotKey === undefined || proxy !== 'shared') return []
  return checks
    .filter(({ service, kind }) => service === name && (kind === 'http' || kind === 'tcp'))
    .flatMap(({ kind, settings: { port = routes[0]?.port, path } }) => {
      if (typeof port !== 'number') return []
      const upstream = `${slotAlias(slotKey, slot)}:${port}`
      return [kind === 'http' && typeof path === 'string' ? { upstream, path } : { upstream }]
    })
}

/** The slot that gets a service's requests now: its token, asked of the proxy's own folder. */
export function slotOf(observed: Observed, service: ReleaseService): Slot | undefined {
  if (service.routeKey === undefined) return undefined
  const token = observed.tokens[service.routeKey]
  if (token === undefined) return undefined
  return token === 'b' ? 'b' : 'a'
}

/** The slot that a new release takes on a host: the one that nothing serves from. */
export function idleSlot(observed: Observed): Slot {
  const serving = servingRelease(observed)
  if (serving === undefined) return 'a'
  return liveSlot(observed, serving) === 'a' ? 'b' : 'a'
}

/** The slot that the containers of the serving release are in. */
export function liveSlot(observed: Observed, serving: Release): Slot {
  const routed = serving.services.find(({ routeKey }) => routeKey !== undefined)
  return (routed && slotOf(observed, routed)) ?? serving.slot
}
