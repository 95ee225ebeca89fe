import { basename, dirname, join } from 'node:path'
import { parseEnvFile } from '../env-file.ts'
import { envFileInvalid, envFileMissing, envMissing } from '../failures.ts'
import type { ConfigFiles } from '../source/files.ts'
import type { Variables } from '../source/interpolate.ts'

export interface ValuesRequest {
  readonly files: ConfigFiles
  readonly variables: Variables
  /** Where the compose file lies: `.env` is looked for there when no file is set. */
  readonly composeDirectory: string
  /** The file that was set: its path, and where that is written. */
  readonly file?: { readonly path: string; readonly setAt: string }
  readonly required: readonly string[]
}

export interface EnvironmentValues {
  readonly envFile?: string
  readonly values: Readonly<Record<string, string>>
}

/** The env file's values, and what of the required names only the caller has. */
export function readEnvironmentValues(request: ValuesRequest): EnvironmentValues {
  const { files, variables, required, file } = request
  const path = file?.path ?? join(request.composeDirectory, '.env')
  const found = files.read(path)
  if (found.kind === 'unreadable') {
    throw envFileInvalid({ file: path, line: 1, reason: found.reason })
  }
  if (found.kind === 'missing' && file !== undefined) {
    throw envFileMissing({ file: path, setAt: file.setAt, nearby: envFilesNear(files, path) })
  }
  const fromFile = found.kind === 'text' ? valuesOf(path, found.text, variables) : {}
  const values = { ...fromFile, ...fromCaller(required, fromFile, variables) }
  const envFile = found.kind === 'text' ? path : undefined
  demand(required, values, envFile)
  return envFile === undefined ? { values } : { envFile, values }
}

function valuesOf(path: string, text: string, variables: Variables): Record<string, string> {
  const parsed = parseEnvFile(text, (name) =>
    Object.hasOwn(variables, name) ? variables[name] : undefined,
  )
  if (!parsed.ok) throw envFileInvalid({ file: path, line: parsed.line, reason: parsed.reason })
  return parsed.values
}

/** The file wins: what a laptop's shell happens to hold must not change what a server gets. */
function fromCaller(
  required: readonly string[],
  fromFile: Readonly<Record<string, string>>,
  variables: Variables,
): Record<string, string> {
  const left = required.filter((name) => !has(fromFile, name) && has(variables, name))
  return Object.fromEntries(left.map((name) => [name, variables[name] ?? '']))
}

function has(values: Variables, name: string): boolean {
  return Object.hasOwn(values, name) && values[name] !== undefined && values[name] !== ''
}

function demand(
  required: readonly string[],
  values: Readonly<Record<string, string>>,
  file: string | undefined,
): void {
  const names = [...new Set(required)]
    .filter((name) => !has(values, name))
    .map((name) => {
      return { name, why: Object.hasOwn(values, name) ? ('empty' as const) : ('missing' as const) }
    })
  if (names.length > 0) throw envMissing(file === undefined ? { names } : { names, file })
}

const NEARBY_MAX = 8

function envFilesNear(files: ConfigFiles, path: string): readonly string[] {
  const names = files.names(dirname(path)).filter((name) => /(^|\.)env(\.|$)/i.test(name))
  return names
    .filter((name) => name !== basename(path))
    .sort()
    .slice(0, NEARBY_MAX)
}
