import { byAge } from '../../base/names.ts'
import type {
  ArmedRun,
  Decision,
  HostFacts,
  KeptRelease,
  Observed,
  ObservedContainer,
  ObservedProxy,
  TaskRecord,
} from '../../plan/observed.ts'
import type { Release } from '../../plan/release.ts'
import { readBackup } from './backups.ts'
import { readContainer } from './containers.ts'
import { readLease } from './lease.ts'
import { linesOf, readSections, type Section } from './sections.ts'

/** What the kit's `observe` printed, as data. */
export function readObserved(host: string, lines: readonly string[]): Observed {
  const sections = readSections(lines)
  const at = (name: Section['name']): readonly string[] => linesOf(sections, name)
  const lease = readLease(at('lease'))
  const [current = '-', previous = '-'] = at('current')[0]?.split(' ') ?? []
  return {
    host,
    facts: readFacts(at('facts')),
    epoch: Number(at('epoch')[0] ?? 0),
    ...(lease === undefined ? {} : { lease }),
    decision: readDecision(at('decision')),
    ...(current === '-' ? {} : { current }),
    ...(previous === '-' ? {} : { previous }),
    releases: sections
      .filter(({ name }) => name === 'release')
      .flatMap(readRelease)
      .sort((one, other) => byAge(one.id, other.id)),
    tokens: Object.fromEntries(at('tokens').map((line) => line.split(' '))),
    containers: readContainers(at('containers'), at('made')),
    tasks: at('tasks').map(readTask),
    networks: at('networks'),
    volumes: at('volumes'),
    proxy: readProxy(at('proxy'), at('ports')),
    backups: sections.filter(({ name }) => name === 'backup').flatMap(readBackup),
    damagedJournalLines: at('damaged').map(Number),
    problems: at('problems'),
  }
}

/** With what is known of an accessory's: a line `<id> <hash>` each. */
function readContainers(lines: readonly string[], made: readonly string[]): ObservedContainer[] {
  const known = new Map(made.map((line) => splitOnce(line)))
  return lines.map(readContainer).map((container) => {
    const definition = known.get(container.id)
    return definition === undefined ? container : { ...container, definition }
  })
}

/** `<release> <name> <state> <code> <base64>` */
function readTask(line: string): TaskRecord {
  const [release = '', name = '', state, code = '', said = ''] = line.split(' ')
  const end = code === '124' ? 'late' : code === 'gone' ? 'gone' : Number(code)
  return {
    release,
    name,
    state: state === 'ended' || state === 'never' ? state : 'begun',
    ...(state === 'ended' ? { end } : {}),
    said: Buffer.from(said, 'base64').toString().trim(),
  }
}

/** Why the host cannot be worked with, in the kit's words. */
export function readProblems(lines: readonly string[]): readonly string[] {
  return linesOf(readSections(lines), 'problems')
}

/** Facts are there even where Docker is not: then its own are empty. */
export function readFacts(lines: readonly string[]): HostFacts {
  const facts = new Map(lines.map((line) => splitOnce(line)))
  const text = (key: string): string => facts.get(key) ?? ''
  const number = (key: string): number => Number(facts.get(key) ?? 0)
  return {
    kit: text('kit'),
    stateRoot: text('root'),
    user: text('user'),
    uptimeSeconds: number('uptime'),
    bootId: text('boot'),
    clock: number('clock'),
    dockerVersion: text('docker'),
    composeVersion: text('compose'),
    architecture: text('arch'),
    imageStore: text('images').includes('containerd') ? 'containerd' : 'classic',
    memoryAvailableBytes: number('memory'),
    diskFreeBytes: number('disk'),
    stateDiskFreeBytes: number('statedisk'),
  }
}

function readDecision([state = 'none', head = '', watch = '']: readonly string[]): Decision {
  if (state !== 'pending' && state !== 'commit' && state !== 'rollback') return { state: 'none' }
  return { state, armed: readArmed(head, watch) }
}

/** `run <run> epoch <epoch> release <id> previous <id|-> anchor <host>` */
function readArmed(head: string, watch: string): ArmedRun {
  const words = head.split(' ')
  const after = (key: string): string => {
    const at = words.indexOf(key)
    return at === -1 ? '-' : (words[at + 1] ?? '-')
  }
  return {
    run: after('run'),
    epoch: Number(after('epoch')),
    release: after('release'),
    previous: after('previous'),
    anchor: after('anchor'),
    watchdog: watch.split(' ')[0] || 'none',
  }
}

/** One whose text cannot be read is not kept: nothing could be brought up from it. */
function readRelease({ words: [id = '', mark], lines }: Section): readonly KeptRelease[] {
  const release = parseRelease(lines[0] ?? '')
  if (release === undefined) return []
  const reason = lines.slice(1).join('\n')
  return [
    {
      id,
      mark: mark === 'good' || mark === 'bad' ? mark : 'unproved',
      ...(mark === 'bad' && reason !== '' ? { reason } : {}),
      release,
    },
  ]
}

function parseRelease(line: string): Release | undefined {
  try {
    const release: unknown = JSON.parse(line)
    return isRelease(release) ? release : undefined
  } catch {
    return undefined
  }
}

/** Written by Belay itself; another schema is another Belay's. */
function isRelease(value: unknown): value is Release {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema === 1
}

function readProxy(lines: readonly string[], ports: readonly string[]): ObservedProxy {
  const sites: Record<string, string> = {}
  const claims: Record<string, string> = {}
  let running = false
  let image: string | undefined
  for (const line of lines) {
    const [key, one = '', two = ''] = line.split(' ')
    if (key === 'running') running = one === '1'
    else if (key === 'image') image = one
    else if (key === 'site') sites[one] = two
    else if (key === 'claim') claims[two] = one
  }
  const takenPorts = ports.map(Number)
  return { running, ...(image === undefined ? {} : { image }), sites, claims, takenPorts }
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf(' ')
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
