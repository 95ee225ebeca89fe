import { PURE } from './folders.ts'
import type { Finding, Rule } from './rule.ts'
import { lineOf } from './scan.ts'
import { folderOf, product, type Source } from './source.ts'

/** Modules of Node that only compute. */
const PURE_MODULES = ['node:path', 'node:path/posix', 'node:crypto', 'node:util', 'node:url']

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']
const WORLD = ['process', 'fetch', 'console', 'performance', 'WebSocket', 'globalThis']
const CHANCE = ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues']

export const pureFoldersOnlyCompute: Rule = {
  instead: `${PURE.join(', ')} are pure: no I/O, no clock, no chance, no process. Take a Clock
(base/clock.ts), a value or a function as an argument; operations/world.ts hands them in.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => PURE.includes(folderOf(path) ?? ''))
      .flatMap((file) => [
        ...impureImports(file),
        ...mentions(file, freeNames([...TIMERS, ...WORLD])),
        ...mentions(file, new RegExp(`\\b(${CHANCE.join('|')})\\b`, 'g')),
        ...mentions(file, /\bMath\.random\b/g),
        ...mentions(file, /\bDate\.now\b|\bnew Date\s*\(\s*\)|\bnew Date\b(?!\s*\()/g),
      ]),
}

function impureImports(file: Source): Finding[] {
  return file.imports
    .filter(({ specifier, typeOnly }) => specifier?.startsWith('node:') === true && !typeOnly)
    .filter(({ specifier }) => !PURE_MODULES.includes(specifier!))
    .map(({ specifier, line }) => ({ path: file.path, line, text: `imports ${specifier}` }))
}

/** Names that are neither a property (`x.fetch`), a key (`fetch:`), nor part of a longer name. */
function freeNames(names: readonly string[]): RegExp {
  return new RegExp(String.raw`(?<![.\w$])(${names.join('|')})\b(?!\s*\??:(?!:))`, 'g')
}

function mentions(file: Source, pattern: RegExp): Finding[] {
  return [...file.code.matchAll(pattern)].map((match) => ({
    path: file.path,
    line: lineOf(file.code, match.index),
    text: `uses ${match[0].replaceAll(/\s+/g, ' ')}`,
  }))
}

const SOCKETS = ['child_process', 'net', 'http', 'https', 'http2', 'tls', 'dgram', 'dns', 'cluster']

export const onlyHostsReachOut: Rule = {
  instead: `Only hosts/ spawns processes or opens sockets (server/ may listen). Ask through the Host
or Workstation that was handed in; if it cannot do that yet, add it to hosts/host.ts.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => folderOf(path) !== 'hosts')
      .flatMap((file) =>
        file.imports
          .filter(({ specifier }) => isSocket(specifier) && !mayListen(file.path, specifier))
          .map(({ specifier, line }) => ({ path: file.path, line, text: `imports ${specifier}` })),
      ),
}

function isSocket(specifier: string | undefined): boolean {
  const name = specifier?.replace(/^node:/, '').split('/')[0]
  return name !== undefined && SOCKETS.includes(name)
}

function mayListen(path: string, specifier: string | undefined): boolean {
  return folderOf(path) === 'server' && /^node:https?$/.test(specifier ?? '')
}

const OUTLETS = 'stdout|stderr|stdin|env|exit|exitCode|argv|on|once|abort'

export const onlyTheEdgePrints: Rule = {
  instead: `Only cli/ (and server/) prints, exits, or reads the environment. Tell an event
(base/event.ts), throw a failure, or take the value as an argument from cli/.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => !['cli', 'server'].includes(folderOf(path) ?? ''))
      .flatMap((file) => [
        ...mentions(file, /(?<![.\w$])console\s*\./g),
        ...mentions(file, new RegExp(String.raw`(?<![.\w$])process\s*\.\s*(${OUTLETS})\b`, 'g')),
        ...mentions(file, /\{[^{}]*\}\s*=\s*process\b/g),
        ...file.imports
          .filter(({ specifier, typeOnly }) => specifier === 'node:process' && !typeOnly)
          .map(({ line }) => ({ path: file.path, line, text: 'imports node:process' })),
      ]),
}

const QUOTER = 'src/hosts/shell.ts'

/** What every way of quoting for a shell by hand has inside: `'\''`, `'\\''` or `'"'"'`. */
const QUOTED_QUOTE = /'\\{1,2}''|'"'"'|'\\"'\\"'/g
const QUOTING_NAME =
  /\b(function|const)\s+((shell|sh)(quote|escape)|(quote|escape)(shell|sh|arg|word))\w*/gi
const LINE_FROM_PARTS = /(?<q>['"])-l?c\k<q>\s*,\s*`[^`]*\$\{/g

export const onlyOneFileQuotes: Rule = {
  instead: `Only ${QUOTER} writes text that a shell will read. Hand an argv on, and let it be
quoted there.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => path !== QUOTER)
      .flatMap((file) => [
        ...inText(file, QUOTED_QUOTE, 'quotes a quote'),
        ...inText(file, LINE_FROM_PARTS, 'puts a value into a line for sh -c'),
        ...mentions(file, QUOTING_NAME),
      ]),
}

/** Looks at the whole text, strings included; comments are left out. */
function inText(file: Source, pattern: RegExp, text: string): Finding[] {
  return [...file.text.matchAll(pattern)]
    .map((match) => lineOf(file.text, match.index))
    .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(file.text.split('\n')[line - 1]!))
    .map((line) => ({ path: file.path, line, text }))
}
