import type * as z from 'zod/mini'
import { didYouMean } from './nearest.ts'
import type { Problem } from './problem.ts'
import { childPath, nodeAt } from './tree.ts'
import type { MapTree, Tree } from './tree.ts'

export type Issue = z.core.$ZodIssue

/** One of zod's issues, as sentences with a place. Values are shown as they were written. */
export function problemOf(tree: Tree, issue: Issue): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') return unknownKeys(tree, issue.path, issue)
  const node = nodeAt(tree, issue.path)
  if (node === undefined) return [missingKey(tree, issue)]
  if (issue.code === 'invalid_key') return [wrongKey(tree, issue.path, issue.issues)]
  if (node.path === '' && isEmpty(node)) {
    return [{ at: node.at, path: '', text: 'the file is empty; it needs at least app and hosts' }]
  }
  const wrong = `${node.path || 'the file'} is ${shown(node)}`
  return [{ at: node.at, path: node.path, text: `${wrong}; ${allowed(issue, node)}` }]
}

function unknownKeys(
  tree: Tree,
  path: readonly PropertyKey[],
  issue: { readonly keys: readonly string[]; readonly message: string },
): readonly Problem[] {
  const map = nodeAt(tree, path)
  if (map?.kind !== 'map') return []
  const known = issue.message.split(', ')
  return issue.keys.map((key) => ({
    at: map.entries.get(key)?.keyAt ?? map.at,
    path: childPath(map.path, key),
    text: unknownKey(map, key, known),
  }))
}

function unknownKey(map: MapTree, key: string, known: readonly string[]): string {
  const name = JSON.stringify(key)
  const where = map.path === '' ? '' : ` in ${map.path}`
  const suggestion = didYouMean(key, known) || belongsElsewhere(key, map.path)
  return `unknown key ${name}${where}${suggestion || `; known here: ${known.join(', ')}`}`
}

const HOMES: Readonly<Record<string, string>> = {
  'services.<name>': 'role rollout calls routes health checks start-timeout drain hold stop-grace',
  'services.<name>.routes[…]': 'domain',
  'the top level or an environment':
    'hosts branch env compose services smoke suites test build registry migrate tasks notify wave keep ' +
    'watchdog proxy proof hook setup backup backups',
  'the top level': 'app environments',
  compose: 'files profiles',
  env: 'required template',
  migrate: 'undo version',
  proof: 'samples interval soak',
  hook: 'busy',
  setup: 'folders firewall deploy-user',
  proxy: 'tls http-port https-port balancer',
}

/** A key that is right, and stands in the wrong place. */
function belongsElsewhere(key: string, path: string): string {
  if (key === 'service' && path.startsWith('services.')) {
    return '; leave it out: the check belongs to the service above it'
  }
  const home = Object.entries(HOMES).find(([, keys]) => keys.split(' ').includes(key))?.[0]
  return home === undefined ? '' : `; it belongs to ${home}`
}

function missingKey(tree: Tree, issue: Issue): Problem {
  const parent = nodeAt(tree, issue.path.slice(0, -1)) ?? tree
  const key = String(issue.path.at(-1))
  const where = parent.path === '' ? `${key} is missing` : `${parent.path} has no ${key}`
  return { at: parent.at, path: childPath(parent.path, key), text: `${where}; ${allowed(issue)}` }
}

function wrongKey(tree: Tree, path: readonly PropertyKey[], inner: readonly Issue[]): Problem {
  const parent = nodeAt(tree, path.slice(0, -1)) ?? tree
  const key = String(path.at(-1))
  const at = parent.kind === 'map' ? (parent.entries.get(key)?.keyAt ?? parent.at) : parent.at
  const text = `${parent.path} has the name ${JSON.stringify(key)}; ${inner[0]?.message ?? ''}`
  return { at, path: childPath(parent.path, key), text }
}

/** What may stand there: the sentence that the schema carries, or the words to choose from. */
function allowed(issue: Issue, node?: Tree): string {
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String)
    const typed = node?.kind === 'scalar' && typeof node.value === 'string' ? node.written : ''
    return `allowed: ${words.join(', ')}${typed === '' ? '' : didYouMean(typed, words)}`
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return `a map is needed, with the keys: ${issue.message}`
  }
  const isQuotedNumber =
    issue.code === 'invalid_type' &&
    /^(number|int)$/.test(issue.expected) &&
    node?.kind === 'scalar' &&
    typeof node.value === 'string' &&
    /^\d+$/.test(node.value)
  return isQuotedNumber ? `${issue.message}, without quotes` : issue.message
}

function isEmpty(node: Tree): boolean {
  return node.kind === 'scalar' && node.value === null
}

const SHOWN_MAX = 60

function shown(node: Tree): string {
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list'
  if (node.kind === 'map') return shownMap([...node.entries.keys()])
  if (node.value === null) return 'empty'
  if (typeof node.value !== 'string') return node.written
  const text =
    node.written.length > SHOWN_MAX ? `${node.written.slice(0, SHOWN_MAX)}…` : node.written
  return JSON.stringify(text)
}

function shownMap(keys: readonly string[]): string {
  if (keys.length === 0) return 'an empty map'
  const few = keys.slice(0, 4).map((key) => (/^[\w.-]{1,30}$/.test(key) ? key : '…'))
  return `a map of ${few.join(', ')}${keys.length > few.length ? ', …' : ''}`
}
