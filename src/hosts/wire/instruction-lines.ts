import { safeWord } from '../../base/names.ts'
import { wordsOfBackup } from './backup-words.ts'
import type { Arming, AwaitedPort, Instruction, OldContainer } from '../../plan/instruction.ts'

/** One instruction as the kit reads it. Words that are not safe are bugs, and never leave. */
export function instructionLine(instruction: Instruction): string {
  return [instruction.do, ...wordsOf(instruction)].map(safeWord).join(' ')
}

/** What the decision of a run is made of: the file `pending`. */
export function pendingFile(arming: Arming, epoch: number): string {
  const head = ['run', arming.run, 'epoch', String(epoch), 'release', arming.release]
  const rest = ['previous', arming.previous, 'anchor', arming.anchor]
  return [
    [...head, ...rest].map(safeWord).join(' '),
    ...arming.back.map((instruction) => `back ${instructionLine(instruction)}`),
    ...arming.forward.map((instruction) => `forward ${instructionLine(instruction)}`),
    '',
  ].join('\n')
}

function wordsOf(it: Instruction): readonly string[] {
  switch (it.do) {
    case 'network':
    case 'volume':
      return [it.name, it.key, it.project, ...kindWords(it)]
    case 'proxy':
      return [it.folder]
    case 'site':
      return [it.key, it.file ?? '-']
    case 'base':
      return [it.project, it.file, ...it.services]
    case 'up':
    case 'create':
    case 'remake':
      return [it.project, it.file, it.slot, ...servicesOf(it)]
    case 'jobs':
    case 'task':
    case 'end-task':
      return wordsOfOnce(it)
    case 'start':
    case 'remove':
      return it.containers
    case 'stop':
      return [String(it.graceSeconds), ...it.containers]
    case 'policy':
      return [it.policy, ...it.containers]
    case 'route':
      return [it.key, it.token]
    case 'drain':
      return [it.upstreams.join(','), String(it.seconds), ...it.containers]
    case 'await':
      return [String(it.seconds), ...it.containers, ...it.ports.map(portWord)]
    case 'relay':
      return [it.from, it.to, String(it.seconds), ...it.ports.map((p) => `${p.from}=${p.to}`)]
    case 'tag':
    case 'untag':
    case 'mark':
    case 'current':
    case 'forget':
      return wordsOfRecord(it)
    case 'remove-project':
    case 'connect':
    case 'remove-network':
    case 'made-from':
    case 'renew':
    case 'put-files':
    case 'restore':
    case 'steady':
      return wordsOfBase(it)
    case 'back-up':
    case 'check-backup':
    case 'forget-backup':
    case 'restore-backup':
    case 'undo-restore':
    case 'try-backup':
      return wordsOfBackup(it)
    default:
      return it satisfies never
  }
}

function kindWords(it: Extract<Instruction, { do: 'network' | 'volume' }>): readonly string[] {
  return it.do === 'network' ? [it.internal ? '1' : '0'] : driverWords(it)
}

function servicesOf(it: Made): readonly string[] {
  if (it.do === 'remake') return it.services.flatMap(containerWords)
  return it.do === 'create' ? it.services : [...it.services, ...scaleWords(it.scale)]
}

type Made = Extract<Instruction, { readonly do: 'up' | 'create' | 'remake' }>

/** Of what runs once for a release. */
function wordsOfOnce(it: Once): readonly string[] {
  switch (it.do) {
    case 'jobs':
      return [it.project, it.file, String(it.timeoutSeconds), ...it.services]
    case 'task':
      return [it.project, it.file, it.service, it.name, String(it.seconds), ...conditions(it)]
    case 'end-task':
      return [it.project, it.file, it.service, it.name]
    default:
      return it satisfies never
  }
}

type Once = Extract<Instruction, { readonly do: 'jobs' | 'task' | 'end-task' }>

function conditions(it: Extract<Instruction, { do: 'task' }>): readonly string[] {
  return [
    ...(it.again === true ? ['again'] : []),
    ...(it.lenient === true ? ['lenient'] : []),
    ...(it.after === undefined ? [] : [`after=${it.after}`]),
    ...(it.moved === undefined ? [] : [`moved=${it.moved.join(',')}`]),
    ...(it.apart === undefined ? [] : [`apart=${it.apart.join(',')}`]),
  ]
}

/** What is remembered of releases and their images. */
function wordsOfRecord(it: OfRecord): readonly string[] {
  switch (it.do) {
    case 'tag':
      return [it.image, it.tag]
    case 'untag':
      return [it.tag]
    case 'mark':
      return [it.release, it.mark, ...reasonWords(it.reason)]
    case 'current':
      return [it.release, it.previous]
    case 'forget':
      return [it.release]
    default:
      return it satisfies never
  }
}

type OfRecord = Extract<
  Instruction,
  { readonly do: 'tag' | 'untag' | 'mark' | 'current' | 'forget' }
>

function scaleWords(scale: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(scale).flatMap(([service, replicas]) => [
    '--scale',
    `${service}=${replicas}`,
  ])
}

/** Of whole projects, of accessories, and of the names that they call. */
function wordsOfBase(it: OfBase): readonly string[] {
  switch (it.do) {
    case 'connect':
      return [it.network, ...it.aliases, 'to', ...it.containers]
    case 'remove-project':
      return [it.project]
    case 'remove-network':
      return [it.name]
    case 'made-from':
      return [it.project, it.file, ...pairs(Object.entries(it.definitions))]
    case 'renew':
      return [it.project, it.file, it.service, 'to', ...it.names, 'from', ...oldWords(it.old)]
    case 'put-files':
      return [it.file, ...it.containers]
    case 'restore':
      return [it.project, it.service, String(it.graceSeconds), ...oldWords(it.old)]
    case 'steady':
      return [String(it.seconds), ...it.containers]
    default:
      return it satisfies never
  }
}

type OfBase = Extract<
  Instruction,
  {
    readonly do:
      | 'remove-project'
      | 'connect'
      | 'remove-network'
      | 'made-from'
      | 'renew'
      | 'put-files'
      | 'restore'
      | 'steady'
  }
>

function oldWords(old: readonly OldContainer[]): readonly string[] {
  return pairs(old.map(({ id, name }) => [id, name]))
}

function pairs(entries: readonly (readonly [string, string])[]): readonly string[] {
  return entries.map(([key, value]) => `${key}=${value}`)
}

/** Options may hold anything, an NFS path with spaces say, so they travel in one safe word each. */
function driverWords({ driver, options }: Extract<Instruction, { do: 'volume' }>): string[] {
  if (driver === undefined && options === undefined) return []
  const pairs = Object.entries(options ?? {}).map(([key, value]) => `${key}=${value}`)
  return [driver ?? 'local', ...pairs.map((pair) => Buffer.from(pair).toString('base64'))]
}

/** A path that is no safe word is asked for its beginning: any answer shows that the app is there. */
function portWord({ upstream, path }: AwaitedPort): string {
  if (path === undefined) return `tcp:${upstream}`
  const [safe = '/'] = /^[A-Za-z0-9_./-]*/.exec(path) ?? []
  return `http:${upstream}${safe}`
}

/** Free text travels as base64. */
function reasonWords(reason: string | undefined): readonly string[] {
  return reason === undefined ? [] : [Buffer.from(reason).toString('base64')]
}

function containerWords({ key, containers }: Remade): string[] {
  return containers.map((container) => `${key}=${container}`)
}

type Remade = Extract<Instruction, { do: 'remake' }>['services'][number]
