import type { CiEnvironment, CiFacts } from './ci-system.ts'
import { quote } from '../../hosts/shell.ts'
import run from './run.sh'
import values from './values.sh'

/** How long a run waits for one that is under way: Belay's own lease keeps two apart. */
export const MINUTES_MAX = 60

/** Tells our files from others, and keeps what was asked for; `#` or `//` stands before it. */
export function headerLines(system: string, { after }: CiFacts): readonly string[] {
  const option = after === undefined ? '' : ` ${afterOption(after)}`
  return [
    `Written by: belay ci init ${system}${option}`,
    'Run that again after a change of belay.yaml: it shows what differs before it writes.',
  ]
}

function afterOption(after: string): string {
  return quote(['--after', after])
}

/** Whether a file is one that `belay ci init` wrote for this system. */
export function isOurs(text: string, system: string): boolean {
  return text.split('\n', 5).some((line) => HEADER.exec(line)?.[1] === system)
}

/** What `--after` said when the file was written. */
export function writtenAfter(text: string): string | undefined {
  const [, , after] =
    text
      .split('\n', 5)
      .map((line) => HEADER.exec(line))
      .find(Boolean) ?? []
  return after?.replaceAll(/'([^']*)'|\\(.)/g, '$1$2')
}

const HEADER = /^(?:#|\/\/) Written by: belay ci init (\w+)(?: --after (.+))?$/

/** The lines of a block, each so far in; empty ones stay empty, and notes for shellcheck go. */
export function indented(text: string, columns: number): string {
  const room = ' '.repeat(columns)
  return text
    .replaceAll(/^# shellcheck .*\n/gm, '')
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `${room}${line}`))
    .join('\n')
}

/** The script of a run, with what only this app's has. */
export function runScript({ environments, where }: CiFacts): string {
  const files = environments.filter(({ valuesFile }) => valuesFile !== undefined)
  const cases = files.map(({ name, valuesFile }) => `  ${name}) values=${quote([valuesFile!])} ;;`)
  const choice = ['values=', 'case $ENVIRONMENT in', ...cases, 'esac', values]
  return [...(cases.length === 0 ? [] : choice), withWhere(run, where)].join('\n')
}

/** Belay's flags in place of `$WHERE`: they are the app's, and need no variable. */
function withWhere(script: string, where: readonly string[]): string {
  const flags = where.length === 0 ? '' : ` ${quote(where)}`
  return script.replaceAll(' $WHERE', flags)
}

/** The secrets of all environments, each once. */
export function secretsOf({ environments }: CiFacts): readonly string[] {
  return [
    ...new Set(environments.flatMap(({ variables, required }) => [...variables, ...required])),
  ]
}

export function hasValuesFile({ environments }: CiFacts): boolean {
  return environments.some(({ valuesFile }) => valuesFile !== undefined)
}

/** The environments that each branch deploys, in the order of the file. */
export function byBranch({ environments }: CiFacts): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { name, branch } of environments) {
    if (branch !== undefined) found.set(branch, [...(found.get(branch) ?? []), name])
  }
  return found
}

/** How the secret with the servers' keys is made, by a person who compared them. */
export function keysHelp(environments: readonly CiEnvironment[]): readonly string[] {
  return environments.flatMap(({ name, hosts }) => [
    `  belay host trust ${name}`,
    ...hosts.map((host) => `  ssh-keygen -F ${quote([keyName(host)])} | grep -v '^#'`),
  ])
}

/** Under which name ssh keeps the key of a host. */
function keyName(host: string): string {
  const [, name = host, port] =
    /^(?:ssh:\/\/)?(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?\/?$/.exec(host) ?? []
  return port === undefined || port === '22' ? name : `[${name}]:${port}`
}
