import { nearest } from '../../config/source/nearest.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { Host } from '../../hosts/host.ts'
import type { KeptRelease, Observed } from '../../plan/observed.ts'
import { noContainers, noHostReachable, noSuchHost, noSuchRelease } from './failures.ts'
import { noSuchService, nothingDeployed } from './failures.ts'
import { serviceNameOf } from './status.ts'
import type { Survey } from './survey.ts'

/** A container that somebody wants to read from, or to work in. */
export interface FoundContainer {
  readonly host: string
  readonly link: Host
  readonly service: string
  readonly name: string
  readonly isRunning: boolean
}

export interface WantedContainers {
  /** Every service of the release when absent. */
  readonly service?: string
  /** What serves when absent. */
  readonly release?: string
}

/** The containers of a release on every host that could be reached; fails when there is none. */
export function findContainers(
  { seen, unseen }: Survey,
  { environment }: Pick<AppConfig, 'environment'>,
  wanted: WantedContainers,
): readonly FoundContainer[] {
  if (seen.length === 0) {
    const evidence = unseen.map(({ host, message }) => `${host}: ${message}`)
    throw noHostReachable({ hosts: unseen.map(({ host }) => host) }, { evidence })
  }
  const found = seen.flatMap(({ host, link, observed }) => {
    const kept = releaseOn(observed, wanted.release, environment)
    return namesIn(kept, observed, wanted.service).map((name) => {
      const container = observed.containers.find((each) => each.name === name)
      const service = container === undefined ? '' : serviceNameOf(container, kept)
      return { host, link, service, name, isRunning: container?.state === 'running' }
    })
  })
  if (found.length > 0) return found
  throw noContainers({ what: wanted.service ?? wanted.release ?? environment })
}

function releaseOn(
  { current, releases }: Observed,
  wanted: string | undefined,
  environment: string,
): KeptRelease {
  const id = wanted ?? current
  if (id === undefined) throw nothingDeployed({ environment })
  const kept = releases.find((each) => each.id === id)
  if (kept === undefined) {
    throw noSuchRelease({ release: id, kept: releases.map((each) => each.id) })
  }
  return kept
}

function namesIn(kept: KeptRelease, observed: Observed, service: string | undefined): string[] {
  const { services, accessories, baseProject } = kept.release
  const isThere = (name: string): boolean => observed.containers.some((each) => each.name === name)
  if (service === undefined) {
    return services
      .filter(({ role }) => role !== 'job')
      .flatMap(({ containers }) => containers.filter(isThere))
  }
  const own = services.find(({ name }) => name === service)
  if (own !== undefined) return own.containers.filter(isThere)
  if (!accessories.includes(service)) {
    const known = [...services.map(({ name }) => name), ...accessories]
    throw noSuchService({ service, release: kept.id, known, near: nearest(service, known) })
  }
  return observed.containers
    .filter((each) => each.project === baseProject && each.service === service)
    .map(({ name }) => name)
}

/** The configuration with one of its hosts only. */
export function onlyHost(config: AppConfig, host: string | undefined): AppConfig {
  if (host === undefined) return config
  const hosts = config.hosts.filter(({ name, destination }) => [name, destination].includes(host))
  if (hosts.length > 0) return { ...config, hosts }
  const names = config.hosts.map(({ name }) => name)
  throw noSuchHost({ host, hosts: names, near: nearest(host, names) })
}
