import { backupOf } from '../../backups/index.ts'
import { Failure } from '../../base/failure.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { fileName } from '../../config/pipeline/backup-check.ts'
import { type BackupAbout, newestFirst } from '../../plan/backup.ts'
import type { BackupInstruction } from '../../plan/instruction.ts'
import type { Observed } from '../../plan/observed.ts'
import { interruptedByCaller } from '../failures.ts'
import { type Fleet, each, hostNamed, observedOn } from '../fleet.ts'
import { messageOf } from '../messages.ts'
import { keepLeases } from '../run/leases.ts'
import { told } from '../run/told.ts'
import type { World } from '../world.ts'
import { backupFailed } from './failures.ts'
import { outlived } from './retention.ts'
import { type Shape, type Subject, subjectOn } from './subjects.ts'
import { trialOf } from './trial.ts'

/** Numbers of actions: above those of a run's steps, below that of its blame. */
const FIRST_NUMBER = 500

export interface TakeRequest {
  readonly config: AppConfig
  readonly fleet: Fleet
  readonly shape: Shape
  readonly run: string
  readonly purpose: BackupAbout['purpose']
  /** The release that is about to be deployed. */
  readonly before?: string
  /** These alone. */
  readonly only?: readonly string[]
  /** What they will be called was chosen before: by host and name. */
  readonly ids?: ReadonlyMap<string, string>
}

/** Backs everything up on every host, one after another on each, and lets old ones go. */
export async function takeBackups(world: World, request: TakeRequest): Promise<void> {
  const { config, fleet } = request
  const leases = keepLeases(world, fleet, config.watchdogSeconds)
  const taking = each(fleet.names, (name) => takeOn(world, request, name))
  try {
    await Promise.race([taking, leases.lost.then((error) => Promise.reject(error))])
  } finally {
    leases.stop()
  }
}

async function takeOn(world: World, request: TakeRequest, host: string): Promise<void> {
  const { config, fleet, shape } = request
  const observed = observedOn(fleet, host)
  for (const [index, target] of config.backup.entries()) {
    if (request.only?.includes(target.name) === false) continue
    const subject = subjectOn(observed, shape, target)
    if (subject === undefined) {
      const text = `${backupOf(target).title(target)}: nothing to back up yet`
      world.tell({ type: 'progress', host, text })
    } else await takeOne(world, request, { host, observed, subject, number: FIRST_NUMBER + index })
  }
  await letGo(world, request, observed)
}

interface One {
  readonly host: string
  readonly observed: Observed
  readonly subject: Subject
  readonly number: number
}

async function takeOne(world: World, request: TakeRequest, one: One): Promise<void> {
  const { host, subject, number } = one
  const { timeoutSeconds } = request.config.backups
  const kind = backupOf(subject.target)
  const of = kind.title(subject.target)
  const step = `back-up-${fileName(subject.target.name)}`
  const about = {
    step,
    host,
    title: `back up ${of}`,
    because: 'it is there before anything changes',
  }
  const instruction = instructionFor(world, request, one)
  // What is about to be replaced has to be safe, and soon: services wait.
  const isTried = request.config.backups.verify === 'restore' && request.purpose !== 'safety'
  const trials = isTried ? [trialOf(subject, instruction.backup, 'forget')] : []
  await told(world, about, async () => {
    try {
      await hostNamed(request.fleet, host).act({
        number,
        title: about.title,
        guard: 'none',
        instructions: [instruction, ...trials],
        timeoutSeconds,
        onProgress: (text) => world.tell({ type: 'progress', host, step, text }),
      })
    } catch (error) {
      throw failureOf(world, { host, of, error })
    }
  })
  const details = { host, backup: instruction.backup, of }
  const text = `${of} on ${host}: ${instruction.backup}`
  world.tell({ type: 'noted', about: 'backup', text, details })
}

/** Of an action that failed, its last line says why; being fenced off and the like stay what they are. */
function failureOf(
  world: World,
  { host, of, error }: { host: string; of: string; error: unknown },
): unknown {
  if (world.signal.aborted) return interruptedByCaller({}, { cause: error })
  if (!(error instanceof Failure) || !ACTION_CODES.has(error.code)) return error
  const { evidence } = error
  const isLate = error.code === 'ACTION_TIMED_OUT'
  const reason = isLate ? messageOf(error) : (evidence.at(-1) ?? messageOf(error))
  const shown = isLate ? evidence : evidence.slice(0, -1)
  return backupFailed({ host, of, reason: plain(reason) }, { cause: error, evidence: shown })
}

const ACTION_CODES: ReadonlySet<string> = new Set(['ACTION_FAILED', 'ACTION_TIMED_OUT'])

/** One line without a full stop, as a reason that stands in a message. */
export function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '')
}

function instructionFor(
  world: World,
  { config, run, purpose, before, ids }: TakeRequest,
  { observed, subject }: One,
): Extract<BackupInstruction, { do: 'back-up' }> {
  const { target, container, volume } = subject
  const kind = backupOf(target)
  const { how, size } = kind.recipe(target)
  const { app, environment } = config
  return {
    do: 'back-up',
    backup:
      ids?.get(`${observed.host} ${target.name}`) ??
      idFor(observed, target.name, world.clock.now()),
    ending: kind.ending,
    container,
    how: how.way === 'volume' && volume !== undefined ? { ...how, volume } : how,
    proof: kind.proof,
    ...roomFor(observed, target.name, size),
    about: {
      name: target.name,
      kind: target.kind,
      title: kind.title(target),
      app,
      environment,
      run,
      purpose,
      ...(observed.current === undefined ? {} : { release: observed.current }),
      ...(before === undefined ? {} : { before }),
    },
  }
}

/** `20261121-153012-db`: a list by name is one by time. No second is given twice. */
export function idFor({ backups }: Pick<Observed, 'backups'>, name: string, now: number): string {
  const taken = new Set(backups.map(({ id }) => id))
  for (let at = now; ; at += 1000) {
    const [date = '', time = ''] = new Date(at).toISOString().split(/[T.]/)
    const id = `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${fileName(name)}`
    if (!taken.has(id)) return id
  }
}

/** What the host itself must not be left without. */
const LEAST = 64 * 1024 ** 2

/** A third more than the last one took; before a first one the host is asked how much there is. */
function roomFor({ backups }: Observed, name: string, size: string | undefined) {
  const [last] = backups.filter(({ about }) => about.name === name).sort(newestFirst)
  if (last !== undefined) return { neededBytes: Math.ceil(last.bytes * 1.33) + LEAST }
  return { neededBytes: LEAST, ...(size === undefined ? {} : { size }) }
}

/** Tidying is no reason to fail: the new ones are there. */
async function letGo(
  world: World,
  { config, fleet, purpose }: TakeRequest,
  observed: Observed,
): Promise<void> {
  const { host } = observed
  const old = outlived(observed, config.backups)
  if (old.length === 0 || purpose === 'safety') return
  try {
    await hostNamed(fleet, host).act({
      number: FIRST_NUMBER + 300,
      title: 'let old backups go',
      guard: 'none',
      instructions: [{ do: 'forget-backup', backups: old }],
      timeoutSeconds: 60,
    })
  } catch (error) {
    if (!(error instanceof Failure) || !ACTION_CODES.has(error.code)) throw error
    const text = `old backups on ${host} could not be removed: ${messageOf(error)}`
    world.tell({ type: 'warning', code: 'BACKUPS_NOT_TIDIED', text })
  }
}
