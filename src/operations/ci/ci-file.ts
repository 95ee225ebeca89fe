import { isAbsolute, posix } from 'node:path'
import type { EnvironmentOutline, Outline } from '../../config/pipeline/outline.ts'
import { nearest } from '../../config/source/nearest.ts'
import type { Repository } from '../../hosts/workstation.ts'
import type { CiEnvironment, CiFacts, CiPlace, CiSystem } from '../../triggers/ci/ci-system.ts'
import { CI_SYSTEMS } from '../../triggers/ci/index.ts'
import { isOurs, writtenAfter } from '../../triggers/ci/parts.ts'
import { ciBranchOdd, ciSystemUnknown, outsideGit } from '../../triggers/failures.ts'
import type { World } from '../world.ts'

export interface CiRequest {
  readonly system: CiSystem
  readonly outline: Outline
  readonly repository: Repository
  readonly version: string
  /** Another place for the file, from the repository's root. */
  readonly file?: string
  /** What must have succeeded before; `-` for nothing. As it was, when left out. */
  readonly after?: string
  /** The text of a file, by its path from the repository's root. */
  readonly read: CiPlace['read']
  /** What lies in the folder of `belay.yaml`. */
  readonly names: readonly string[]
}

/** The file as it should be, and as it is. */
export interface CiFile {
  /** From the repository's root. */
  readonly file: string
  readonly text: string
  readonly before?: string
  readonly isOurs: boolean
  /** What a person still has to do. */
  readonly next: readonly string[]
}

export function ciSystemOf(word: string): CiSystem {
  const system = CI_SYSTEMS.find(({ kind }) => kind === word)
  if (system !== undefined) return system
  const systems = CI_SYSTEMS.map(({ kind }) => kind)
  throw ciSystemUnknown({ system: word, systems, near: nearest(word, systems) })
}

export async function repositoryOf(world: World, directory: string): Promise<Repository> {
  const repository = await world.workstation.repository(directory)
  if (repository === undefined) throw outsideGit({ directory })
  return repository
}

/** Writes nothing: the file as data. */
export async function draftCiFile(world: World, request: CiRequest): Promise<CiFile> {
  const { system, outline, repository, read } = request
  const file = request.file ?? system.file({ read })
  const before = read(file)
  const after = request.after ?? writtenAfter(before ?? '')
  const environments = await Promise.all(
    outline.environments.map((each) => environmentOf(world, each, request)),
  )
  const facts: CiFacts = {
    app: outline.app,
    version: request.version,
    where: whereOf(outline, repository),
    environments,
    deploymentFiles: deploymentFilesOf(request),
    builds: outline.environments.some(({ builds }) => builds),
    ...(after === undefined || after === '-' ? {} : { after }),
  }
  const next = [...system.next(facts, file), ...notesOn(outline)]
  return {
    file,
    text: system.write(facts, { read }),
    isOurs: before !== undefined && isOurs(before, system.kind),
    next,
    ...(before === undefined ? {} : { before }),
  }
}

const BRANCH = /^[A-Za-z0-9._/+@#=,-]+$/

async function environmentOf(
  world: World,
  { name, branch, hosts, variables, required, envFile }: EnvironmentOutline,
  { outline, repository, system }: CiRequest,
): Promise<CiEnvironment> {
  if (branch !== undefined && !BRANCH.test(branch)) throw ciBranchOdd({ environment: name, branch })
  const isSecret = (variable: string): boolean => !system.own.test(variable)
  const valuesFile = envFile === undefined ? undefined : inRepository(repository, envFile)
  const isTracked = async (path: string): Promise<boolean> => {
    const tracked = await world.workstation.trackedFiles(posix.join(outline.directory, path))
    return (tracked ?? []).length > 0
  }
  const isNeeded = valuesFile !== undefined && !(await isTracked(envFile!))
  return {
    name,
    hosts: hosts.filter((host) => host !== 'local'),
    variables: variables.filter(isSecret),
    required: required.filter(isSecret),
    ...(branch === undefined ? {} : { branch }),
    ...(isNeeded ? { valuesFile } : {}),
  }
}

/** A path beside `belay.yaml`, from the root; undefined when it lies outside of the repository. */
function inRepository({ prefix }: Repository, path: string): string | undefined {
  if (isAbsolute(path)) return undefined
  const inside = posix.join(prefix, path)
  return inside.startsWith('../') ? undefined : inside
}

function whereOf({ file }: Outline, { prefix }: Repository): readonly string[] {
  const folder = posix.join(prefix, posix.dirname(file)).replace(/\/$/, '')
  const name = posix.basename(file)
  return [
    ...(folder === '.' || folder === '' ? [] : ['-C', folder]),
    ...(/^belay\.ya?ml$/.test(name) ? [] : ['--config', name]),
  ]
}

const TEMPLATE = /^\.env[\w.-]*\.(example|sample|template)$|^\.env\.(example|sample|template)$/

/** What changes a deployment without changing the app. */
function deploymentFilesOf({ outline, repository, names }: CiRequest): readonly string[] {
  const { file, environments } = outline
  const own = [
    file,
    ...environments.flatMap(({ composeFiles, envFile }) => [
      ...composeFiles,
      ...(envFile === undefined ? [] : [envFile]),
    ]),
    ...names.filter((name) => TEMPLATE.test(name)),
  ]
  return [...new Set(own.flatMap((path) => inRepository(repository, path) ?? []))]
}

function notesOn({ environments }: Outline): readonly string[] {
  const byHand = environments.filter(({ branch }) => branch === undefined)
  const local = environments.filter(({ hosts }) => hosts.includes('local'))
  return [
    ...byHand.map(({ name }) => `${name} has no branch in belay.yaml: it is started by hand only.`),
    ...local.map(({ name }) => `${name} is on the host local: in CI, that is the runner itself.`),
  ].flatMap((note) => ['', note])
}
