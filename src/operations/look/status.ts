import type { AppConfig } from '../../config/app-config.ts'
import type { Scope } from '../../hosts/host.ts'
import type { KeptRelease, Lease, Observed, ObservedContainer } from '../../plan/observed.ts'
import type { World } from '../world.ts'
import { driftOf } from './drift.ts'
import { type Seen, type Unseen, withSurvey } from './survey.ts'

/** What serves, where, since when, and whether that is what was recorded. */
export interface StatusReport {
  readonly app: string
  readonly environment: string
  /** When this was looked at: ISO 8601. */
  readonly at: string
  /** The release that all reachable hosts serve; null when none does, or when they differ. */
  readonly serving: string | null
  /** Hosts serve different releases. */
  readonly split: boolean
  readonly hosts: readonly HostStatus[]
  readonly unreachable: readonly Unseen[]
}

export interface HostStatus {
  readonly host: string
  /** By the proxy's tokens and what runs, not by the record. */
  readonly serving: string | null
  readonly release: ReleaseSummary | null
  readonly traffic: readonly TrafficStatus[]
  readonly containers: readonly ContainerStatus[]
  readonly lease: Lease | null
  readonly unfinished: UnfinishedRun | null
  readonly drift: readonly string[]
  readonly kept: readonly ReleaseSummary[]
  readonly proxy: { readonly running: boolean; readonly image: string | null }
  readonly damagedJournalLines: readonly number[]
}

export interface ReleaseSummary {
  readonly id: string
  readonly mark: 'good' | 'bad' | 'unproved'
  readonly reason: string | null
  readonly createdAt: string
  readonly createdBy: string
  readonly commit: { readonly id: string; readonly subject: string; readonly dirty: boolean } | null
}

export interface TrafficStatus {
  readonly service: string
  /** What the proxy reads: a slot, or a share. */
  readonly token: string | null
  readonly domains: readonly string[]
}

export interface ContainerStatus {
  readonly service: string
  readonly name: string
  readonly release: string | null
  readonly state: string
  readonly health: ObservedContainer['health']
  readonly restarts: number
  readonly startedAt: string
}

export interface UnfinishedRun {
  readonly run: string
  readonly release: string
  readonly previous: string
  readonly state: 'pending' | 'commit' | 'rollback'
}

export function status(world: World, config: AppConfig): Promise<StatusReport> {
  return withSurvey(world, config, async ({ seen, unseen }) => {
    const hosts = seen.map((each) => hostStatus(each, config))
    const served = new Set(hosts.map(({ serving }) => serving))
    const [only = null] = served
    return {
      app: config.app,
      environment: config.environment,
      at: new Date(world.clock.now()).toISOString(),
      serving: served.size === 1 ? only : null,
      split: served.size > 1,
      hosts,
      unreachable: unseen,
    }
  })
}

function hostStatus({ host, observed }: Seen, scope: Scope): HostStatus {
  const { current, releases, lease, decision, proxy } = observed
  const kept = releases.find(({ id }) => id === current)
  return {
    host,
    serving: servingOn(observed),
    release: kept === undefined ? null : summaryOf(kept),
    traffic: kept === undefined ? [] : trafficOf(observed, kept),
    containers: observed.containers
      .filter((container) => isOurs(container, { observed, kept, scope }))
      .map((container) => containerStatus(container, kept)),
    lease: lease !== undefined && lease.secondsLeft > 0 ? lease : null,
    unfinished: decision.state === 'none' ? null : unfinishedOf(decision),
    drift: driftOf(observed, scope),
    kept: releases.map(summaryOf),
    proxy: { running: proxy.running, image: proxy.image ?? null },
    damagedJournalLines: observed.damagedJournalLines,
  }
}

/**
 * The release whose slot the tokens name and whose containers run. Without routes there is nobody
 * to ask but Docker.
 */
function servingOn(observed: Observed): string | null {
  const { current, releases, tokens } = observed
  const byRecord = [...releases].sort((a, b) => Number(b.id === current) - Number(a.id === current))
  const serving = byRecord.find(({ release }) => {
    const routed = release.services.filter(({ routeKey }) => routeKey !== undefined)
    const asked = routed.length > 0 ? routed : release.services.filter(({ role }) => role !== 'job')
    return asked.every(
      ({ routeKey, containers }) =>
        (routeKey === undefined || tokens[routeKey] === release.slot) &&
        containers.some((name) => isRunning(observed, name)),
    )
  })
  return serving?.id ?? null
}

function isRunning({ containers }: Observed, name: string): boolean {
  return containers.some((each) => each.name === name && each.state === 'running')
}

function isOurs(
  { project, release, state, app, environment }: ObservedContainer,
  about: { observed: Observed; kept: KeptRelease | undefined; scope: Scope },
): boolean {
  const { observed, kept, scope } = about
  if (release === undefined) return project === kept?.release.baseProject
  const isOfApp = app === scope.app && environment === scope.environment
  return isOfApp && (release === observed.current || state === 'running')
}

function trafficOf({ tokens }: Observed, { release }: KeptRelease): TrafficStatus[] {
  return release.services.flatMap(({ name, routeKey, routes }) =>
    routeKey === undefined
      ? []
      : [
          {
            service: name,
            token: tokens[routeKey] ?? null,
            domains: routes.map(({ domain, path }) => (path === '/' ? domain : domain + path)),
          },
        ],
  )
}

function containerStatus(
  container: ObservedContainer,
  kept: KeptRelease | undefined,
): ContainerStatus {
  const { name, release, state, health, restartCount, startedAt } = container
  const service = serviceNameOf(container, kept)
  return {
    service,
    name,
    release: release ?? null,
    state,
    health,
    restarts: restartCount,
    startedAt,
  }
}

/** As in the user's compose file: in a rendered one the key carries the release's number. */
export function serviceNameOf(
  { name, service }: ObservedContainer,
  kept: KeptRelease | undefined,
): string {
  const own = kept?.release.services.find(({ containers }) => containers.includes(name))
  return own?.name ?? service
}

export function summaryOf({ id, mark, reason, release }: KeptRelease): ReleaseSummary {
  const { createdAt, createdBy, commit } = release
  return { id, mark, reason: reason ?? null, createdAt, createdBy, commit: commit ?? null }
}

function unfinishedOf(decision: Exclude<Observed['decision'], { state: 'none' }>): UnfinishedRun {
  const { run, release, previous } = decision.armed
  return { run, release, previous, state: decision.state }
}
