import { formatDuration } from '../base/duration.ts'
import type { Failure } from '../base/failure.ts'
import {
  actionCancelled,
  actionFailed,
  actionTimedOut,
  dockerNotPermitted,
  dockerStopped,
  fenced,
  hostBusy,
  leaseHeld,
  noCompose,
  noDocker,
  overtaken,
  stateFolderUnusable,
  stateNewer,
  watchdogNotAlive,
} from './failures.ts'
import type { Reply } from './links/session.ts'
import { readLease } from './wire/lease.ts'
import { readFacts, readProblems } from './wire/observed.ts'
import { linesOf, readSections } from './wire/sections.ts'

/** The kit's codes that callers look at (`kit/PROTOCOL.md`). */
export const CODE = {
  done: 0,
  failed: 1,
  noCompose: 72,
  busy: 79,
  nothingThere: 80,
  timeout: 124,
} as const

/** What a code of the kit means whichever verb it answers; undefined when that depends on it. */
function failureOfCode(host: string, reply: Reply): Failure | undefined {
  switch (reply.code) {
    case 70:
      throw new Error(`the kit on ${host} does not know this: ${reply.lines.join(' ')}`)
    case 71:
    case 72:
    case 73:
    case 74:
    case 75:
    case 82:
      return preconditionOf(host, reply)
    case 76:
      return fenced({ host })
    case 77:
      return overtaken({ host })
    case 78:
      return heldBy(host, reply)
    case 79:
      return hostBusy({ host, by: busyOf(reply).by })
    case 81:
      return watchdogNotAlive({ host }, { evidence: reply.lines.slice(-20) })
    default:
      return undefined
  }
}

/** The answer, if its verb was done; anything else is thrown. */
export function mustBeDone(host: string, reply: Reply): Reply {
  if (reply.code === CODE.done) return reply
  const failure = failureOfCode(host, reply)
  if (failure !== undefined) throw failure
  const text = reply.lines.slice(-5).join(' ')
  throw new Error(`the kit on ${host} answered ${reply.code}: ${text}`)
}

/** Whether the lock is held by an earlier request of the same run, whose link broke. */
export function isBusyWith(reply: Reply, epoch: number): boolean {
  return reply.code === CODE.busy && busyOf(reply).epoch === epoch
}

/** `busy <mode> <epoch>`: one action, or all of a decision's list. */
function busyOf({ lines }: Reply): { by: string; epoch: number } {
  const [, mode = '', epoch = ''] = lines[0]?.split(' ') ?? []
  const by = mode === 'one' ? 'an action' : mode === 'all' ? 'ending a run' : 'another command'
  return { by, epoch: Number(epoch) || 0 }
}

/** Why an action failed, as far as only actions fail so; undefined when it did not. */
export function failureOfAction(
  { host, title, seconds }: { host: string; title: string; seconds: number },
  { code, lines }: Reply,
): Failure | undefined {
  if (code === CODE.timeout) {
    return actionTimedOut({ host, title, seconds }, { evidence: lines.slice(0, -2) })
  }
  if (code === CODE.noCompose) return noCompose({ host }, { evidence: evidenceIn(lines) })
  if (code !== CODE.failed) return undefined
  const failed = lines.flatMap((line) => /^failed \d+ (\S+)$/.exec(line)?.[1] ?? [])
  const evidence = evidenceIn(lines)
  if (evidence.at(-1) === 'cancelled') {
    return actionCancelled({ host, title }, { evidence: evidence.slice(0, -1) })
  }
  return actionFailed(
    { host, title, instruction: failed.join(', '), blame: blameFor(failed, evidence) },
    { evidence },
  )
}

/** What the kit says of a job or task that ended badly, and Docker of a command that cannot be run. */
export function blameFor(
  failed: readonly string[],
  evidence: readonly string[],
): 'release' | 'unknown' {
  const isOnce = failed.includes('jobs') || failed.includes('task')
  const isJob = isOnce && evidence.some((line) => JOB_FAILED.test(line))
  return isJob || evidence.some((line) => NO_COMMAND.test(line)) ? 'release' : 'unknown'
}

const JOB_FAILED =
  /^\S+ exited (with )?\d+(;|$)|^not finished within \d+ s|^\S+ did not end within \d+ s/
const NO_COMMAND =
  /executable file not found|exec format error|unable to start container process: exec: /

function evidenceIn(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !/^failed \d+ \S+$/.test(line))
}

function preconditionOf(host: string, { code, lines }: Reply): Failure {
  const facts = readFacts(linesOf(readSections(lines), 'facts'))
  const problems = readProblems(lines)
  const user = facts.user === '' ? 'this user' : facts.user
  const extras = { evidence: problems }
  if (code === 71) return noDocker({ host }, extras)
  if (code === 72) return noCompose({ host }, extras)
  if (code === 73) return dockerNotPermitted({ host, user }, extras)
  if (code === 74) return dockerStopped({ host }, extras)
  if (code === 82) return stateNewer({ host }, extras)
  const reason = problems[0] ?? lines[0] ?? 'it cannot be written'
  return stateFolderUnusable({ host, user, reason }, extras)
}

function heldBy(host: string, { lines }: Reply): Failure {
  const lease = readLease(linesOf(readSections(lines), 'lease'))
  return leaseHeld({
    host,
    owner: lease?.owner ?? 'someone',
    purpose: lease?.purpose ?? 'something',
    run: lease?.run ?? '',
    since: inWords(lease?.ageSeconds ?? 0),
    left: inWords(Math.max(0, lease?.secondsLeft ?? 0)),
  })
}

/** The host counts in whole seconds. */
function inWords(seconds: number): string {
  return seconds < 100 ? `${seconds}s` : formatDuration(seconds * 1000)
}
