import { quoteEnvValue } from '../../config/env-file.ts'
import type { ComposeParcel, RunResult, StagedFile } from '../host.ts'
import { tar } from './tar.ts'

/** The payload of the kit's verb `compose-config`. */
export function composeConfigPayload(parcel: ComposeParcel): Buffer {
  const { contents, folders, home, values } = parcel
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quoteEnvValue(value)}`)
  const files = [
    text('words', wordsOf(parcel)),
    text('home', [home]),
    text('values.env', lines),
    ...contents.map(({ path, content }) => ({ path: `root${path}`, content, mode: 0o600 })),
  ]
  return tar(
    files,
    folders.map((path) => `root${path}`),
  )
}

function wordsOf({ project, files, profiles }: ComposeParcel): string[] {
  return [
    '--project-name',
    project,
    ...files.flatMap((file) => ['-f', file]),
    ...profiles.flatMap((profile) => ['--profile', profile]),
  ]
}

function text(path: string, lines: readonly string[]): StagedFile {
  const whole = lines.map((line) => `${line}\n`).join('')
  return { path, content: new TextEncoder().encode(whole), mode: 0o600 }
}

/** What compose said, with paths as they are on the machine that the files came from. */
export function readComposeConfig([head = '', ...lines]: readonly string[]): RunResult {
  const [, code, folder] = /^(\d+) (\/.*)$/.exec(head) ?? []
  if (code === undefined || folder === undefined) {
    throw new Error(`compose-config began with ${JSON.stringify(head)}`)
  }
  const behind = (mark: string): string =>
    lines
      .flatMap((line) => (line.startsWith(mark) ? [`${line.slice(mark.length)}\n`] : []))
      .join('')
  const root = `${folder}/root`
  const printed = behind('= ')
  return {
    code: Number(code),
    stdout: code === '0' ? JSON.stringify(without(root, JSON.parse(printed))) : printed,
    stderr: withoutIn(root, behind('! ')),
  }
}

/** A deep copy without the folder in any text; Go escapes more in JSON than a text search sees. */
function without(root: string, data: unknown): unknown {
  if (typeof data === 'string') return withoutIn(root, data)
  if (Array.isArray(data)) return data.map((item) => without(root, item))
  if (typeof data !== 'object' || data === null) return data
  const entries = Object.entries(data).map(([key, value]) => [key, without(root, value)] as const)
  return Object.fromEntries(entries)
}

/** The folder alone is the other machine's `/`. */
function withoutIn(root: string, said: string): string {
  return said
    .split(root)
    .map((part, index) => (index > 0 && !part.startsWith('/') ? `/${part}` : part))
    .join('')
}
