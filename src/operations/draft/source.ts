import type { AppConfig } from '../../config/app-config.ts'
import type { Commit, ComposeConfigRequest, ComposeWritten } from '../../hosts/workstation.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Note } from '../../plan/plan.ts'
import type { ComposedOn } from '../../plan/release.ts'
import { type Fleet, anchorOf, hostNamed, observedOn } from '../fleet.ts'
import type { World } from '../world.ts'
import { findLocal, type Local } from './local.ts'
import { projectName } from './project-name.ts'
import { composeRequest, readWritten } from './written.ts'

/** The user's own files, read: compose's canonical model, and the commit they are at. */
export interface Source {
  readonly model: ComposeModel
  readonly baseProject: string
  readonly commit: Commit | undefined
  /** What compose warned of while it read the files, and what it reads otherwise than was meant. */
  readonly warnings: readonly string[]
  /** The host whose compose read them, where there is none on this machine. */
  readonly composedOn?: ComposedOn
  /** Build arguments that take their value from outside, as the files are written. */
  readonly outsideArguments: ComposeWritten['outsideArguments']
}

/**
 * Reads while the hosts are being connected to. The project's name is settled after both, as a
 * host may already have one; only if the guess was wrong is compose asked again.
 */
export async function readSource(
  world: World,
  config: AppConfig,
  { connecting, asItLies }: { connecting: Promise<Fleet>; asItLies: boolean },
): Promise<{ source: Source; local: Local }> {
  const written = await readWritten(world, config)
  const reader = { world, config, written, connecting, asItLies }
  const guess = written.name ?? `${config.app}-${config.environment}`
  const [read, commit] = await Promise.all([
    readAs(reader, guess),
    world.workstation.commit(config.directory),
  ])
  const fleet = await connecting
  const observed = fleet.names.map((name) => observedOn(fleet, name))
  // Many databases have a user called like the app; what it runs as there must be readable.
  for (const { containers } of observed) {
    for (const { project } of containers) world.secrets.spare(project)
  }
  const services = new Set([...Object.keys(read.model.services), ...(written.services ?? [])])
  const baseProject = projectName({ config, written: written.name, services, hosts: observed })
  const settled = baseProject === guess ? read : await readAs(reader, baseProject)
  const { local, ...rest } = settled
  const { outsideArguments } = written
  return { source: { ...rest, baseProject, commit, outsideArguments }, local }
}

interface Reader {
  readonly world: World
  readonly config: AppConfig
  readonly written: ComposeWritten
  /** Builds see what is not committed. */
  readonly asItLies?: boolean
  /** Where compose may run, when there is none here. */
  readonly connecting?: Promise<Fleet>
}

async function readAs(reader: Reader, project: string) {
  const read = await composeModel(reader, project)
  const { world, config, asItLies = false } = reader
  return { ...read, local: await findLocal(world, { config, model: read.model, asItLies }) }
}

/** Reads where no host is asked and no commit is recorded: to look at the files alone. */
export async function readSourceAlone(world: World, config: AppConfig): Promise<Source> {
  const written = await readWritten(world, config)
  const baseProject = written.name ?? `${config.app}-${config.environment}`
  const read = await composeModel({ world, config, written }, baseProject)
  const { outsideArguments } = written
  return { ...read, baseProject, commit: undefined, outsideArguments }
}

async function composeModel(
  { world, config, written, connecting }: Reader,
  project: string,
): Promise<Pick<Source, 'model' | 'warnings' | 'composedOn'>> {
  // Compose says the same again for every service.
  const warnings = new Set([...(config.env.warnings ?? []), ...written.warnings])
  const onWarning = (text: string) => {
    if (!isAboutEnvFile(text, written) && !isAboutVersion(text)) warnings.add(text)
  }
  const request = { ...composeRequest(config), project, onWarning }
  const about: { composedOn?: ComposedOn } = {}
  const model = await world.workstation.composeConfig(
    connecting === undefined ? request : { ...request, elsewhere: onAnchor(connecting, about) },
  )
  return { model, warnings: [...warnings], ...about }
}

/** The host that holds the fleet's decision reads for all, and `about` notes that it did. */
function onAnchor(
  connecting: Promise<Fleet>,
  about: { composedOn?: ComposedOn },
): NonNullable<ComposeConfigRequest['elsewhere']> {
  return async (parcel) => {
    const fleet = await connecting
    const host = anchorOf(fleet)
    about.composedOn = { host, version: observedOn(fleet, host).facts.composeVersion }
    return hostNamed(fleet, host).composeConfig(parcel)
  }
}

/** Compose would print what stands behind a `$` there; `written` has a warning without it. */
function isAboutEnvFile(text: string, { namesInEnvFiles }: ComposeWritten): boolean {
  const name = /^The "([^"]+)" variable is not set/.exec(text)?.[1]
  return name !== undefined && namesInEnvFiles.has(name)
}

/** Half of all compose files still have the key; it means nothing, and nothing follows from it. */
function isAboutVersion(text: string): boolean {
  return text.includes('the attribute `version` is obsolete')
}

/** A variable that is not set, above all: compose puts nothing in its place, and goes on. */
export function composeNotes({ warnings, composedOn }: Source): Note[] {
  const told = warnings.map((text): Note => ({ level: 'warning', about: 'compose', text }))
  if (composedOn === undefined) return told
  const { host, version } = composedOn
  const text = `there is no Docker Compose here, so ${host} read the compose file (Compose ${version})`
  return [...told, { level: 'info', about: 'compose', text }]
}
