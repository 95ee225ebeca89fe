import { basename } from 'node:path'
import type { AppConfig } from '../../config/app-config.ts'
import type { Commit } from '../../hosts/workstation.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Note } from '../../plan/plan.ts'
import type { World } from '../world.ts'
import { findLocal, type Local } from './local.ts'

/** The user's own files, read: compose's canonical model, and the commit they are at. */
export interface Source {
  readonly model: ComposeModel
  readonly baseProject: string
  readonly commit: Commit | undefined
  /** What compose warned of while it read the files. */
  readonly warnings: readonly string[]
}

/**
 * Reads while the hosts are being connected to. The project's name is settled after both, as a
 * host may already have one; only if the guess was wrong is compose asked again.
 */
export async function readSource(
  world: World,
  config: AppConfig,
  observed: Promise<readonly Observed[]>,
): Promise<{ source: Source; local: Local }> {
  const written = await writtenName(world, config)
  const guess = written ?? `${config.app}-${config.environment}`
  const [read, commit] = await Promise.all([
    readAs(world, config, guess),
    world.workstation.commit(config.directory),
  ])
  const baseProject = projectName(config, written, await observed)
  const settled = baseProject === guess ? read : await readAs(world, config, baseProject)
  const { model, warnings, local } = settled
  return { source: { model, warnings, baseProject, commit }, local }
}

async function readAs(world: World, config: AppConfig, project: string) {
  const read = await composeModel(world, config, project)
  return { ...read, local: await findLocal(world, config, read.model) }
}

/** Reads where no host is asked and no commit is recorded: to look at the files alone. */
export async function readSourceAlone(world: World, config: AppConfig): Promise<Source> {
  const written = await writtenName(world, config)
  const baseProject = written ?? `${config.app}-${config.environment}`
  return { ...(await composeModel(world, config, baseProject)), baseProject, commit: undefined }
}

async function composeModel(
  world: World,
  config: AppConfig,
  project: string,
): Promise<Pick<Source, 'model' | 'warnings'>> {
  // Compose says the same again for every service.
  const warnings = new Set<string>()
  const onWarning = (text: string) => warnings.add(text)
  const request = { ...composeRequest(config), project, onWarning }
  const model = await world.workstation.composeConfig(request)
  return { model, warnings: [...warnings] }
}

/** A variable that is not set, above all: compose puts nothing in its place, and goes on. */
export function composeWarnings({ warnings }: Pick<Source, 'warnings'>): Note[] {
  return warnings.map((text) => ({ level: 'warning', about: 'compose', text }))
}

/** What compose is told on every call: files, profiles, and the environment's values. */
export function composeRequest({ directory, compose, env }: AppConfig) {
  const { files, profiles, envFile } = compose
  const values = env.values
  return { directory, files, profiles, values, ...(envFile === undefined ? {} : { envFile }) }
}

/** The compose file's own `name:`; compose itself would fall back to the folder's. */
async function writtenName(world: World, config: AppConfig): Promise<string | undefined> {
  for (const file of [...config.compose.files].reverse()) {
    const { content } = await world.workstation.readFile(file)
    const text = new TextDecoder().decode(content)
    const name = /^name:\s*["']?([a-z0-9][a-z0-9_-]*)["']?\s*(#.*)?$/m.exec(text)?.[1]
    if (name !== undefined) return name
  }
  return undefined
}

/** Stable once there is a release; else the written or the adopted name; else the app's own. */
function projectName(
  config: AppConfig,
  written: string | undefined,
  hosts: readonly Observed[],
): string {
  const kept = hosts.flatMap(({ current, releases }) => releases.filter(({ id }) => id === current))
  const [serving] = kept
  if (serving !== undefined) return serving.release.baseProject
  if (written !== undefined) return written
  const byFolder = composeName(basename(config.directory))
  const isThere = hosts.some(({ containers }) =>
    containers.some(({ project, release }) => project === byFolder && release === undefined),
  )
  return isThere ? byFolder : `${config.app}-${config.environment}`
}

/** As compose makes a project's name of a folder's. */
function composeName(folder: string): string {
  return folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
}
