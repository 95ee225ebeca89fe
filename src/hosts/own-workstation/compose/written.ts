import { isAbsolute, relative, resolve } from 'node:path'
import { outsideArguments } from '../../../config/compose/build-arguments.ts'
import { callerSecrets } from '../../../config/compose/caller-secrets.ts'
import { filled } from '../../../config/compose/named-files.ts'
import { at, entriesOf } from '../../../config/compose/parts.ts'
import { referencesIn, variablesIn } from '../../../config/compose/variables.ts'
import { lostDollars } from '../../../config/env-file.ts'
import type { Lookup } from '../../../config/source/expand.ts'
import type { ComposeWritten, WrittenMistake, WrittenRequest } from '../../workstation.ts'
import { composeEnvironment, type Machine } from '../machine.ts'
import { gatherFiles, type Gathered, type GatheredFile } from './gather.ts'

/** What the compose files say as they stand, before compose has read them. */
export async function composeWritten(
  machine: Machine,
  request: WrittenRequest,
): Promise<ComposeWritten> {
  const { envFile } = request
  const gathered = await gatherFiles(
    machine,
    request,
    envFile === undefined ? {} : { env: envFile },
  )
  const compose = gathered.files.filter(({ kind }) => kind === 'compose')
  const envFiles = gathered.files.filter(({ kind }) => kind === 'env')
  const trees = compose.flatMap(({ tree }) => tree ?? [])
  const caller = composeEnvironment(machine.env)
  const own = (name: string) => (Object.hasOwn(request.values, name) ? undefined : caller[name])
  const name = nameIn(gathered, request)
  return {
    ...(name === undefined ? {} : { name }),
    secrets: callerSecrets({ trees, envFiles: envFiles.map(({ text }) => text), caller: own }),
    services: servicesIn(gathered, compose),
    mistakes: compose.flatMap(mistakesIn),
    outsideArguments: compose.flatMap(({ path, tree }) =>
      tree === undefined
        ? []
        : outsideArguments(tree, gathered.lookup).map((argument) => ({
            ...argument,
            file: shown(path, request.directory),
          })),
    ),
    warnings: envFiles.flatMap((file) => dollarWarnings(file, request.directory, gathered.lookup)),
    missing: missingFiles(gathered, request.directory),
    namesInEnvFiles: namesIn(envFiles, compose),
  }
}

/** Later files win; a name that compose would not take is none. */
function nameIn({ files, lookup }: Gathered, request: WrittenRequest): string | undefined {
  for (const file of request.files.toReversed()) {
    const path = resolve(request.directory, file)
    const tree = files.find((each) => each.path === path)?.tree
    const name = filled(at(tree, 'name'), lookup)
    if (name !== undefined && /^[a-z0-9][a-z0-9_-]*$/.test(name)) return name
  }
  return undefined
}

function servicesIn(
  { isWhole }: Gathered,
  compose: readonly GatheredFile[],
): readonly string[] | undefined {
  if (!isWhole || compose.some(({ tree }) => tree === undefined)) return undefined
  const whole = compose.filter(({ isExtended }) => !isExtended)
  const names = whole.flatMap(({ tree }) => entriesOf(at(tree, 'services')).map(([name]) => name))
  return [...new Set(names)]
}

function mistakesIn({ path, tree, problems }: GatheredFile): WrittenMistake[] {
  // Compose takes several documents in one file; they are not looked into.
  if (tree !== undefined || problems.some(({ text }) => /second document/.test(text))) return []
  return problems.map(({ at, text }) => ({
    file: path,
    ...(at === undefined ? {} : { at }),
    text,
  }))
}

function dollarWarnings(
  { path, text }: GatheredFile,
  directory: string,
  lookup: Lookup,
): readonly string[] {
  return lostDollars(text, lookup).map(
    ({ line, name }) =>
      `${shown(path, directory)}:${line}: a $ in ${name} begins the name of a variable that is ` +
      `not set, and nothing stands in its place; ${name}='…' in single quotes keeps it`,
  )
}

function missingFiles({ named }: Gathered, directory: string): readonly string[] {
  return named
    .filter(({ named: { kind, isRequired }, isThere }) => {
      return kind !== 'folder' && isRequired && !isThere
    })
    .map(({ file, named: { at, key, written } }) => {
      return `${shown(file, directory)}:${at.line}: ${key} ${written}: there is no such file`
    })
}

function namesIn(
  envFiles: readonly GatheredFile[],
  compose: readonly GatheredFile[],
): ReadonlySet<string> {
  const used = new Set(
    compose
      .flatMap(({ tree }) => (tree === undefined ? [] : variablesIn(tree)))
      .map((use) => use.name),
  )
  const names = envFiles.flatMap(({ text }) => referencesIn(text))
  return new Set(names.filter((name) => !used.has(name)))
}

function shown(path: string, directory: string): string {
  const inside = relative(directory, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside
}
