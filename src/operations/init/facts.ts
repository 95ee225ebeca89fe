import { basename, resolve } from 'node:path'
import { Failure } from '../../base/failure.ts'
import type { InitFacts } from '../../config/init/facts.ts'
import type { ConfigFiles } from '../../config/source/files.ts'
import { readYaml } from '../../config/source/read-yaml.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import { rolesOf } from '../../plan/render/roles.ts'
import type { World } from '../world.ts'
import { composeUnreadable, noComposeFile } from './failures.ts'
import { readCompose } from './read-compose.ts'

/** In the order in which compose looks for them. */
const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']

export interface InitPlace {
  readonly directory: string
  /** Another compose file than the one that is found by itself. */
  readonly compose: string | undefined
  readonly files: ConfigFiles
}

/** Everything about the app that can be seen without asking. */
export async function gatherInitFacts(world: World, place: InitPlace): Promise<InitFacts> {
  const { directory, compose, files } = place
  const names = files.names(directory)
  const file = compose ?? NAMES.find((each) => names.includes(each))
  if (file === undefined) throw noComposeFile({ directory, names: NAMES })
  const model = await modelOf(world, place, file)
  if (Object.keys(model.services).length === 0) {
    throw composeUnreadable({ file, reason: 'it has no services' })
  }
  const branch = (await world.workstation.commit(directory))?.branch ?? ''
  return {
    model,
    roles: rolesOf(model, {}),
    folder: basename(directory),
    files: names,
    variables: variablesOf(textOf(files, resolve(directory, file)) ?? ''),
    ...(compose === undefined ? {} : { composeFile: compose }),
    ...(branch === '' ? {} : { branch }),
  }
}

/**
 * As compose sees it, where there is compose and nothing is missing yet; else as it is written,
 * which is enough to begin with.
 */
async function modelOf(world: World, place: InitPlace, file: string): Promise<ComposeModel> {
  const path = resolve(place.directory, file)
  const written = writtenModel(place.files, path, file)
  const project = 'belay-init'
  const request = { directory: place.directory, files: [path], profiles: [], values: {}, project }
  try {
    const { name: _, ...model } = await world.workstation.composeConfig(request)
    return written.name === undefined ? model : { ...model, name: written.name }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return written
  }
}

function writtenModel(files: ConfigFiles, path: string, file: string): ComposeModel {
  const found = files.read(path)
  if (found.kind !== 'text') {
    const reason = found.kind === 'missing' ? 'there is no such file' : found.reason
    throw composeUnreadable({ file, reason })
  }
  const { tree, problems } = readYaml(found.text)
  if (tree !== undefined) return readCompose(tree)
  const [first] = problems
  const where = first?.at === undefined ? '' : `line ${first.at.line}: `
  throw composeUnreadable({ file, reason: `${where}${first?.text ?? 'it is no YAML'}` })
}

function textOf(files: ConfigFiles, path: string): string | undefined {
  const found = files.read(path)
  return found.kind === 'text' ? found.text : undefined
}

/** `${NAME}`, `$NAME` and `${NAME:?why}`: what has a default, or `$$` before it, is not needed. */
function variablesOf(text: string): string[] {
  const code = text.replaceAll(/^\s*#.*$/gm, '').replaceAll('$$', '')
  const found = code.matchAll(/\$(?:\{([A-Za-z_]\w*)(?::?\?[^}]*)?\}|([A-Za-z_]\w*))/g)
  return [...new Set([...found].map(([, braced, bare]) => braced ?? bare ?? ''))]
}
