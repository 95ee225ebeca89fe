import type { Clock } from '../../base/clock.ts'
import type { Tell } from '../../base/event.ts'
import { Failure } from '../../base/failure.ts'
import type { Host, Sample } from '../../hosts/host.ts'
import { type Case, type CaseRequest, casesOf } from './case.ts'
import { isFinal, unknown } from '../check.ts'
import { explain } from './explain.ts'
import { proofStopped } from './failures.ts'
import { askAll, glance, judgeGlance, judgeRound, type Memory } from './round.ts'
import { NO_MEMORY, planRound } from './round.ts'

export interface Proof extends CaseRequest {
  readonly host: Pick<Host, 'name' | 'sample' | 'ask' | 'run'>
  /** How many good looks in a row are needed. */
  readonly samples: number
  readonly intervalMs: number
  /** How long all must stay good, however many looks that takes. */
  readonly soakMs: number
  /** Patience while something is not good yet; a release that is good by then may finish. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly tell: Tell
  readonly signal: AbortSignal
}

/** An exit must never stay unseen for longer than this. */
const GLANCE_MS = 1000
/**
 * How soon to look again at what is not good yet, whatever the interval between good looks: soon at
 * first, as most apps are there at once; then a tenth of the wait so far, as looks cost the host.
 */
const RETRY_MS = { first: 150, last: 500 }
/** A look that took longer says little of now: this process may have been stopped meanwhile. */
const STALE_MS = 10_000
/** So long Docker may say nothing, in all, without using up the patience with the release. */
const SILENCE_MS = 30_000

/** A proof under way. */
interface Course {
  readonly proof: Proof
  readonly cases: readonly Case[]
  /** Resolves when the caller wants no more of it. */
  readonly stopped: Promise<undefined>
  memory: Memory
  /** How long looks took to which Docker gave no answer. */
  silentMs: number
}

/**
 * Looks until all checks passed `samples` times in a row. What is unknown is not good, and begins
 * the count anew; what is hopeless ends the wait at once. Fails with `NOT_PROVED`.
 */
export async function proveRelease(proof: Proof): Promise<void> {
  const ended = new AbortController()
  const stopped = new Promise<undefined>((resolve) => {
    const stop = (): void => resolve(undefined)
    proof.signal.addEventListener('abort', stop, { once: true, signal: ended.signal })
  })
  try {
    await prove({ proof, cases: casesOf(proof), stopped, memory: NO_MEMORY, silentMs: 0 })
  } finally {
    ended.abort()
  }
}

async function prove(course: Course): Promise<void> {
  const { clock, samples, intervalMs, soakMs, timeoutMs } = course.proof
  const begun = clock.monotonic()
  let goodLooks = 0
  let goodSince = begun
  for (;;) {
    const lookedAt = clock.monotonic()
    await look(course)
    const isGood = course.memory.verdicts.every(({ verdict }) => verdict === 'pass')
    if (goodLooks === 0) goodSince = lookedAt
    goodLooks = isGood ? goodLooks + 1 : 0
    const now = clock.monotonic()
    if (goodLooks >= samples && now - goodSince >= soakMs) return
    const isFresh = now - lookedAt < STALE_MS || lookedAt - begun >= timeoutMs
    const waitedMs = now - begun - Math.min(course.silentMs, SILENCE_MS)
    const isLate = !isGood && isFresh && waitedMs >= timeoutMs
    const interval = isGood ? intervalMs : retryAfter(now - begun)
    if (!isLate && !isHopeless(course)) await pause(course, lookedAt + interval - now)
    if (isLate || isHopeless(course)) {
      throw await failureOf(course, clock.monotonic() - begun)
    }
  }
}

function retryAfter(waitedMs: number): number {
  return Math.min(RETRY_MS.last, Math.max(RETRY_MS.first, waitedMs / 10))
}

/** One round: a sample and all questions side by side, judged as soon as one is hopeless. */
async function look(course: Course): Promise<void> {
  const { proof, cases, memory } = course
  const round = planRound(cases, memory)
  const asked = askAll(proof, { cases, round, memory })
  // Nobody may be waiting for it any more by the time that it fails.
  asked.catch(() => {})
  const sample = await sampled(course, proof.host.sample(round.request))
  if (sample === undefined || noticeEnd(course, sample)) return
  const told = await whileAlive(course, asked)
  if (told === undefined) return
  remember(course, judgeRound(cases, { round, seen: { sample, ...told }, memory }))
}

async function pause(course: Course, ms: number): Promise<void> {
  const { clock, signal } = course.proof
  if (ms > 0) await whileAlive(course, clock.sleep(ms, signal))
}

/** Waits for something, and glances at the containers meanwhile; undefined when one has ended. */
async function whileAlive<T>(course: Course, work: Promise<T>): Promise<T | undefined> {
  const { proof, cases } = course
  const done = work.then((value) => ({ value }))
  for (;;) {
    const waking = new AbortController()
    const glanceTime = proof.clock.sleep(GLANCE_MS, waking.signal).then(() => undefined)
    const first = await unlessStopped(course, Promise.race([done, glanceTime]))
    waking.abort()
    if (first !== undefined) return first.value
    const sample = await sampled(course, glance(proof.host, cases))
    if (sample === undefined || noticeEnd(course, sample)) return undefined
  }
}

/** Undefined while Docker itself does not answer, as in a restart: that is waited for, too. */
async function sampled(course: Course, work: Promise<Sample>): Promise<Sample | undefined> {
  const { clock } = course.proof
  const begun = clock.monotonic()
  try {
    return await unlessStopped(course, work)
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'DOCKER_STOPPED') throw error
    course.silentMs += clock.monotonic() - begun
    const silent = unknown('Docker does not answer', { elsewhere: true })
    remember(course, { ...course.memory, verdicts: course.cases.map(() => silent) })
    return undefined
  }
}

async function unlessStopped<T>({ proof, stopped }: Course, work: Promise<T>): Promise<T> {
  const first = await Promise.race([work.then((value) => ({ value })), stopped])
  if (first === undefined || proof.signal.aborted) {
    throw proofStopped({ host: proof.host.name, release: proof.release.id })
  }
  return first.value
}

/** Whether a container has ended for good; then that is all there is to say. */
function noticeEnd(course: Course, sample: Sample): boolean {
  const { cases, memory } = course
  const verdicts = judgeGlance(cases, { sample, memory })
  if (!verdicts.some(isFinal)) return false
  remember(course, { ...memory, verdicts })
  return true
}

function remember(course: Course, memory: Memory): void {
  const { proof, cases } = course
  for (const [index, { verdict, text }] of memory.verdicts.entries()) {
    const before = course.memory.verdicts[index]
    const check = cases[index]?.name ?? ''
    if (before?.verdict === verdict && before.text === text) continue
    proof.tell({ type: 'check-judged', host: proof.host.name, check, verdict, text })
  }
  course.memory = memory
}

function isHopeless({ memory }: Course): boolean {
  return memory.verdicts.some(isFinal)
}

function failureOf({ proof, cases, memory }: Course, waitedMs: number): Promise<Failure> {
  const judged = memory.verdicts.flatMap((verdict, index) => {
    const at = cases[index]
    return at === undefined || verdict.verdict === 'pass' ? [] : [{ at, verdict }]
  })
  return explain(proof, judged, waitedMs)
}
