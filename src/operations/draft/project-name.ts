import { basename } from 'node:path'
import { releaseProject } from '../../base/names.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { Observed, ObservedContainer } from '../../plan/observed.ts'
import { projectUnclear } from '../failures.ts'

/** What the name of the base project is chosen from. */
export interface ProjectQuestion {
  readonly config: Pick<AppConfig, 'app' | 'environment' | 'directory'>
  /** The compose file's own `name:`. */
  readonly written: string | undefined
  /** Of the compose file, whatever their profiles. */
  readonly services: ReadonlySet<string>
  readonly hosts: readonly Observed[]
}

/**
 * Stable once there is a release; else the written name; else that of a project which was started
 * by hand and is this app beyond doubt; else the app's own. In doubt nothing is guessed: the same
 * app under another name would start with a database of its own, and an empty one.
 */
export function projectName({ config, written, services, hosts }: ProjectQuestion): string {
  const kept = hosts.flatMap(({ current, releases }) => releases.filter(({ id }) => id === current))
  const [serving] = kept
  if (serving !== undefined) return serving.release.baseProject
  if (written !== undefined) return written
  const own = `${config.app}-${config.environment}`
  const usual = [composeName(basename(config.directory)), config.app, own]
  const found = hosts.flatMap(startedByHand).flatMap((project) => {
    const isNamed = usual.includes(project.name)
    const shared = project.services.filter((service) => services.has(service))
    const isWhole = shared.length === project.services.length
    if (isNamed && isWhole) return [{ ...project, isSure: true }]
    const isLike = isNamed ? shared.length > 0 : isWhole && shared.length > 1
    return isLike ? [{ ...project, isSure: false }] : []
  })
  const [unclear] = found.filter(({ isSure }) => !isSure)
  const [sure] = found.filter(({ isSure }) => isSure)
  if (sure !== undefined) return sure.name
  if (unclear !== undefined) throw projectUnclear({ ...unclear, project: unclear.name, own })
  return own
}

/** As compose makes a project's name of a folder's. */
function composeName(folder: string): string {
  return folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
}

interface ByHand {
  readonly host: string
  readonly name: string
  readonly folder: string | undefined
  readonly services: readonly string[]
}

/** Projects that belong to no release, as `docker compose up` makes them. */
function startedByHand({ host, containers }: Observed): ByHand[] {
  const taken = new Set(['belay-proxy', ...containers.flatMap(baseOf)])
  const loose = containers.filter(
    ({ project, release }) => release === undefined && project !== '' && !taken.has(project),
  )
  return [...new Set(loose.map(({ project }) => project))].map((name) => {
    const own = loose.filter(({ project }) => project === name)
    const [folder] = own.flatMap(({ workingDirectory }) => workingDirectory ?? [])
    const services = [...new Set(own.map(({ service }) => service))].sort()
    return { host, name, folder, services }
  })
}

/** The project that a release's container has its accessories in. */
function baseOf({ project, release }: ObservedContainer): string[] {
  if (release === undefined) return []
  const end = releaseProject('', release)
  return project.endsWith(end) ? [project.slice(0, -end.length)] : []
}
