import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import type { Server } from '../lab/server.ts'
import type { Fault, Outcome, Scenario } from './scenario.ts'
import { OVERLAP } from './shapes.ts'

const FILE = 'docs/chaos.md'

export interface Seen {
  /** Those that ended as they must. */
  readonly good: readonly Outcome[]
  /** Those that were seen to end otherwise. */
  readonly bad: readonly Outcome[]
  /** Those that were not played with this build. */
  readonly unseen: readonly Scenario[]
}

/** Keeps what was seen where readers look for it. */
export async function writeDoc(server: Server, seen: Seen): Promise<void> {
  writeFileSync(FILE, textOf(seen, await machine(server)))
}

/** The whole page, from what was seen alone. */
export function textOf({ good, bad, unseen }: Seen, where: readonly string[]): string {
  const [killed, others] = [true, false].map((isSweep) =>
    good.filter(({ fault }) => isSwept(fault) === isSweep),
  ) as [Outcome[], Outcome[]]
  const outcomes = [...good, ...bad]
  const free = outcomes.filter(({ fault }) => fault.mayLose === undefined)
  const excused = new Map(
    outcomes.flatMap(({ fault }) =>
      fault.mayLose === undefined ? [] : [[fault.what, fault.mayLose] as const],
    ),
  )
  return `# Faults, injected

Written by \`npm run chaos\`, which saw all of this with one build, last on ${today()}.
${outcomes.length} times a fault struck a real deployment to real servers, while 20 keep-alive
connections asked for pages and sent bodies, and never asked twice: ${sum(outcomes, (each) => each.sent)}
requests.

**${sum(free, ({ lost }) => lost)} requests were lost** where the fault left anybody who could answer.
${good.length} times it ended as it must: a release that had proved itself served, without a person;
what visitors got, what \`belay status\` said and what Docker ran were the same; the next deployment
ended with 0; and no container, network, lease, process or unfinished run was left.

A deployment is a row of requests to the server. They are taken from a deployment as it really
goes, so that none is forgotten. A fault strikes **before** a request is sent, **during** it (it
was sent, and nothing came back yet) or **after** it (the answer is there, and was not read yet).

## The deployer is killed at every request

Of an overlap before it, during it and after it; of the others during it; in a fleet and of a rolling
deployment at the requests that change something. Then the next deployment comes at once and takes over
(\`--steal\`). And once more during it, where nobody comes: the watchdog ends what was left, and
then comes the next. *Over* is how long it took the server, from the death of the deployer, to end by
itself what was left: the lease, and with it the watchdog's deadline, was 10 s.

${tablesOfKills(killed).join('\n\n')}

## Every other fault

| fault | strikes | exit | requests | lost |
|---|---|---|---|---|
${rowsOfOthers(others).join('\n')}

Requests may be lost where nobody is left who could answer:

${[...excused].map(([what, why]) => `- ${what}: ${why}.`).join('\n')}

${listOf('Seen to end otherwise than it must', bad)}${listOf(
  'Not played with this build',
  unseen,
)}## Where

${where.map((line) => `- ${line}`).join('\n')}

Two lab servers, of which all but the fleet use one: each is a container with sshd and a Docker of its
own (\`tests/lab\`). The clock is moved for the kit alone, which asks \`date\`; the kernel's is the machine's.
`
}

/** A row for each request, in a table for each shape of a deployment. */
function tablesOfKills(outcomes: readonly Outcome[]): string[] {
  const groups = groupedBy(outcomes, ({ fault: { shape = OVERLAP } }) => shape.title)
  return [...groups].map(
    ([title, group]) => `### ${title.replace(/^./, (first) => first.toUpperCase())}

| request | killed | requests | lost | over |
|---|---|---|---|---|
${rowsOfKills(group).join('\n')}`,
  )
}

function rowsOfKills(outcomes: readonly Outcome[]): string[] {
  return [...groupedBy(outcomes, ({ spot }) => spot?.point.key ?? '')].map(([, group]) => {
    const over = Math.max(...group.map(({ quietMs }) => quietMs))
    const cells = [
      group[0]?.spot?.point.title ?? '',
      `${group.length} times`,
      String(sum(group, ({ sent }) => sent)),
      String(sum(group, ({ lost }) => lost)),
      `${(over / 1000).toFixed(1)} s`,
    ]
    return rowOf(cells)
  })
}

function rowsOfOthers(outcomes: readonly Outcome[]): string[] {
  return [...groupedBy(outcomes, ({ fault }) => fault.name)].map(([, group]) => {
    const fault = group[0]?.fault as Fault
    const spots = group.map(({ spot }) =>
      spot === undefined ? 'from the beginning' : `${spot.moment}: ${spot.point.title}`,
    )
    const exits = group.map(({ exit }) => (exit === 137 ? 'killed' : String(exit)))
    return rowOf([
      fault.what,
      [...new Set(spots)].join('<br>'),
      [...new Set(exits)].join(', '),
      String(sum(group, ({ sent }) => sent)),
      String(sum(group, ({ lost }) => lost)),
    ])
  })
}

function listOf(title: string, scenarios: readonly Scenario[]): string {
  if (scenarios.length === 0) return ''
  const lines = scenarios.map(({ fault: { what }, spot }) => `- ${what}${spotIn(spot)}`)
  return `## ${title}\n\n${[...new Set(lines)].join('\n')}\n\n`
}

/** Wherever it can strike: these make tables of their own. */
export const isSwept = ({ at }: Fault): boolean => at !== undefined && 'requests' in at

const spotIn = (spot: Scenario['spot']): string =>
  spot === undefined ? '' : `; ${spot.moment}: ${spot.point.title}`

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function groupedBy<T>(all: readonly T[], keyOf: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each])
  return groups
}

const sum = <T>(all: readonly T[], of: (each: T) => number): number =>
  all.reduce((total, each) => total + of(each), 0)

const today = (): string => new Date().toISOString().slice(0, 10)

async function machine(server: Server): Promise<string[]> {
  const engine = await server.run(['docker', 'version', '--format', '{{.Server.Version}}'])
  const compose = await server.run(['docker', 'compose', 'version', '--short'])
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  return [
    `Belay ${version}, Node ${process.versions.node}`,
    `${cpus().length} cores, ${type()} ${release().split('-')[0]}`,
    `on the server: Docker ${engine}, Compose ${compose}, Caddy 2.11.4`,
  ]
}
