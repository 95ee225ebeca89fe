import { readYaml } from '../../../config/source/read-yaml.ts'
import type { Position } from '../../../config/source/problem.ts'
import type { Tree } from '../../../config/source/tree.ts'

/** A mistake in a compose file, as near to its place as compose's words allow. */
export interface ComposeMistake {
  readonly file?: string
  readonly at?: Position
  readonly reason: string
}

export interface ComposeFile {
  readonly path: string
  readonly text: string
}

/**
 * Reads what compose complains about. It names lines only for broken YAML, and those wrongly at
 * times; elsewhere it names a key, whose place is looked up here.
 */
export function readComposeWords(stderr: string, files: readonly ComposeFile[]): ComposeMistake {
  const reason = reasonOf(stderr)
  if (reason.startsWith('yaml: ')) return brokenYaml(reason, files)
  const named = files.filter(({ path }) => reason.includes(path))
  const shown = named.reduce((text, { path }) => text.replace(`validating ${path}: `, ''), reason)
  const path = pathIn(shown)
  // The last file has the last word on a key.
  const places = (named.length > 0 ? named : files).toReversed().map((file) => place(file, path))
  const best = places.reduce<Found | undefined>(
    (best, found) => (best === undefined || found.depth > best.depth ? found : best),
    undefined,
  )
  if (best === undefined) return { reason: shown }
  const at = best.depth === 0 ? {} : { at: best.at }
  return { file: best.file, ...at, reason: shown }
}

const HEADINGS = /^(time="|decoding failed due to|yaml: unmarshal errors:$|You may need to escape)/

/** The line that says it, without what stands around it in every message. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  const line = lines.find((line) => line !== '' && !HEADINGS.test(line)) ?? 'compose refuses it'
  const isYaml = stderr.includes('yaml: unmarshal errors')
  return `${isYaml ? 'yaml: ' : ''}${line.replace(/: invalid compose project$/, '')}`
}

function brokenYaml(reason: string, files: readonly ComposeFile[]): ComposeMistake {
  for (const { path, text } of files) {
    const [problem] = readYaml(text).problems
    if (problem === undefined) continue
    return {
      file: path,
      ...(problem.at === undefined ? {} : { at: problem.at }),
      reason: problem.text,
    }
  }
  const line = Number(/line (\d+)/.exec(reason)?.[1] ?? 0)
  const only = files.length === 1 ? files[0] : undefined
  return {
    ...(only === undefined ? {} : { file: only.path }),
    ...(only === undefined || line === 0 ? {} : { at: { line, column: 1 } }),
    reason,
  }
}

const WHERE_REFERRED: Readonly<Record<string, string>> = {
  'depends on undefined service': 'depends_on',
  'refers to undefined volume': 'volumes',
  'refers to undefined network': 'networks',
  'refers to undefined secret': 'secrets',
  'refers to undefined config': 'configs',
}

/** `services.web.ports.[1]`, `services[web].mem_limit`, `service "web" depends on …`. */
function pathIn(reason: string): readonly string[] {
  const unknown = /^(\S+) Additional property (.+) is not allowed/.exec(reason)
  if (unknown !== null) {
    const [, parent = '', key = ''] = unknown
    return [...(parent === '(root)' ? [] : steps(parent)), key]
  }
  const service = /service "([^"]+)"/.exec(reason)?.[1]
  if (service !== undefined) {
    const said = Object.keys(WHERE_REFERRED).find((words) => reason.includes(words))
    const below = said === undefined ? [] : [WHERE_REFERRED[said]!]
    if (reason.startsWith('cannot extend')) below.push('extends')
    return ['services', service, ...below]
  }
  const path = /\b(?:services|volumes|networks|secrets|configs)[.[][\w.[\]-]+/.exec(reason)?.[0]
  return path === undefined ? [] : steps(path)
}

function steps(path: string): readonly string[] {
  return path.split(/[.[\]]+/).filter((step) => step !== '')
}

interface Found {
  readonly file: string
  readonly at: Position
  readonly depth: number
}

/** As far down the path as the file goes. */
function place({ path: file, text }: ComposeFile, path: readonly string[]): Found {
  let node: Tree | undefined = readYaml(text).tree
  let found: Found = { file, at: { line: 1, column: 1 }, depth: 0 }
  for (const [index, step] of path.entries()) {
    const entry = node?.kind === 'map' ? node.entries.get(step) : undefined
    const item = node?.kind === 'list' ? node.items[Number(step)] : undefined
    const at: Position | undefined = entry?.keyAt ?? item?.at
    if (at === undefined) break
    found = { file, at, depth: index + 1 }
    node = entry?.value ?? item
  }
  return found
}
