import type { Slot } from '../base/names.ts'
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
  if (serving !== undefined) return before && fromRelease(before, slotOf(observed, before))
  return undefined
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
    port: undefined,
  }
}

function fromRelease(before: ReleaseService, slot: Slot | undefined): OldService {
  return {
    containers: before.containers,
    graceSeconds: before.stopGraceSeconds,
    slot,
    port: before.routes[0]?.port,
  }
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
  const routed = serving.services.find(({ routeKey }) => routeKey !== undefined)
  const live = (routed && slotOf(observed, routed)) ?? serving.slot
  return live === 'a' ? 'b' : 'a'
}
