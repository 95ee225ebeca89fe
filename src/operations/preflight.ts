import { claimConflicts } from '../hosts/proxies/proxy.ts'
import type { Observed, ObservedContainer } from '../plan/observed.ts'
import type { HostPlan, Plan } from '../plan/plan.ts'
import { adoptableContainers } from '../rollouts/old-release.ts'
import { siteKey } from '../rollouts/prelude.ts'
import { diskNearlyFull, domainClaimed, projectTaken, proxyPortTaken } from './failures.ts'
import { type Fleet, observedOn } from './fleet.ts'

/** Under this much free disk, Docker itself begins to fail in ways that are hard to read. */
const DISK_MINIMUM_BYTES = 300 * 1024 * 1024

/** What would make a run fail, looked for before anything is touched. */
export function preflight(plan: Plan, fleet: Fleet): void {
  for (const host of plan.hosts) {
    const observed = observedOn(fleet, host.host)
    checkDisk(observed)
    checkProject(host, observed)
    if (host.release.proxy === 'shared') checkProxy(host, observed)
  }
}

/** All that could be in the way of a run that no proxy and no project of its own is needed for. */
export function checkDisks(fleet: Fleet): void {
  for (const name of fleet.names) checkDisk(observedOn(fleet, name))
}

function checkDisk({ host, facts }: Observed): void {
  const free = Math.min(facts.diskFreeBytes, facts.stateDiskFreeBytes)
  if (free >= DISK_MINIMUM_BYTES) return
  const [freeMb, neededMb] = [free, DISK_MINIMUM_BYTES].map((n) => Math.round(n / 1024 / 1024))
  throw diskNearlyFull({ host, freeMb: freeMb ?? 0, neededMb: neededMb ?? 0 })
}

/** A project of this name may be ours, or one that is adopted; never another app's. */
function checkProject({ release, host }: HostPlan, observed: Observed): void {
  const other = observed.containers.find(
    ({ project, app, environment }) =>
      project === release.baseProject &&
      app !== undefined &&
      (app !== release.app || environment !== release.environment),
  )
  if (other === undefined) return
  const by = `${other.app}, ${other.environment ?? ''}`
  throw projectTaken({ host, project: release.baseProject, by })
}

function checkProxy({ release, host }: HostPlan, observed: Observed): void {
  const routes = release.services.flatMap((service) => service.routes)
  const [conflict] = claimConflicts(observed.proxy.claims, siteKey(release), routes)
  if (conflict !== undefined) {
    throw domainClaimed({ host, domain: conflict.domain, by: conflict.owner })
  }
  if (observed.proxy.running) return
  const ours = new Set(
    adoptableContainers(observed, release.baseProject).flatMap((each) => each.publishedPorts),
  )
  const foreign = observed.proxy.takenPorts.filter((port) => !ours.has(port))
  if (foreign.length === 0) return
  const holds = ({ publishedPorts }: ObservedContainer) =>
    publishedPorts.some((port) => foreign.includes(port))
  const by = observed.containers.find(holds)?.name
  throw proxyPortTaken({ host, ports: foreign, by })
}
