import { formatDuration } from '../base/duration.ts'
import { type Moment, type Placeholder, fillPlaceholders } from '../base/moment.ts'
import type { Receipt } from './receipts/receipt.ts'

/** What somebody is told of a run. Its texts hold no secret and no markup; kinds escape them. */
export interface Message {
  readonly moment: Moment
  readonly receipt: Receipt
  /** The user's own words, already filled in, in place of title, facts and evidence. */
  readonly words?: string
  /** Sent by `belay notify test`: it tells of no run. */
  readonly isTest?: true
}

/** The parts of a message, for a kind to lay out. */
export interface Parts {
  readonly title: string
  readonly facts: readonly (readonly [label: string, text: string])[]
  /** The lines that show why it failed, oldest first. */
  readonly evidence: readonly string[]
}

const EVIDENCE_LINES = 12
const EVIDENCE_COLUMNS = 200

export function partsOf({ moment, receipt, words, isTest }: Message): Parts {
  if (words !== undefined) return { title: '', facts: [['', words]], evidence: [] }
  const where = `${receipt.app} · ${receipt.environment}`
  if (isTest === true) {
    const text = `sent by ${receipt.by}: messages of deployments will come here`
    return { title: `${SIGN.started} ${where}: this is a test`, facts: [['', text]], evidence: [] }
  }
  return {
    title: `${SIGN[moment]} ${where}: ${headline(moment, receipt)}`,
    facts: factsOf(receipt),
    evidence: evidenceOf(receipt),
  }
}

export const SIGN: Readonly<Record<Moment, string>> = {
  started: '▶️',
  succeeded: '✅',
  unchanged: '☑️',
  failed: '❌',
  'rolled-back': '↩️',
  critical: '🚨',
}

/** One line that says it all. */
export function headline(moment: Moment, receipt: Receipt): string {
  const { purpose, serving } = receipt
  const release = receipt.release ?? 'a release'
  const serves = serving === null ? 'nothing serves' : `${serving} serves`
  const isBase = purpose === 'base'
  const isResume = purpose === 'resume'
  const what = isBase ? 'the change of the base' : isResume ? RESUME : `${purpose} of ${release}`
  if (moment === 'started') return `${what} has begun`
  if (moment === 'unchanged') return `nothing to do, ${serves}`
  if (moment === 'failed') {
    return `${isBase ? what : purpose} failed, and what serves was not touched`
  }
  if (moment === 'critical') return `${what} needs a person now`
  if (moment === 'rolled-back') return `${what} was rolled back, ${serves}`
  if (isBase) return `the base was changed, ${serves}`
  if (isResume) return `an unfinished run was ended, ${serves}`
  const done: Readonly<Record<string, string>> = { rollback: 'is back', restart: 'was restarted' }
  return `${release} ${done[purpose] ?? 'is deployed'} and serves`
}

/** It may be about several releases: which, its text says. */
const RESUME = 'the end of an unfinished run'

function factsOf(receipt: Receipt): (readonly [string, string])[] {
  const { release, previous, commit, by, hosts, durationMs, run, failures, findings } = receipt
  const before = previous === null || previous === release ? '' : `, before it ${previous}`
  const [why, worst] = [failures[0], failures.at(-1)]
  const facts: (readonly [string, string])[] = [
    ['Release', release === null ? '' : `${release}${before}`],
    ['Commit', commit === null ? '' : commitWords(commit)],
    ['Why', why === undefined ? '' : why.message],
    ['Worse', worst === why || worst === undefined ? '' : worst.message],
    ['To do', worst === undefined ? '' : worst.hint],
    ...findings.map(({ about, text }) => [capital(about), text] as const),
    ['By', by],
    ['Hosts', hosts.map(({ host }) => host).join(', ')],
    ['Took', durationMs === null ? '' : formatDuration(durationMs)],
    ['Run', run],
  ]
  return facts.filter(([, text]) => text !== '')
}

export function commitWords({ id, subject, dirty }: NonNullable<Receipt['commit']>): string {
  return `${id.slice(0, 10)}${dirty ? ' with changes' : ''} ${subject}`.trim()
}

export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function evidenceOf({ failures }: Receipt): string[] {
  const lines = failures.flatMap(({ evidence }) => evidence).flatMap((text) => text.split('\n'))
  return lines.slice(-EVIDENCE_LINES).map((line) => cut(line, EVIDENCE_COLUMNS))
}

/** At most so many UTF-16 units, never half a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text
  const short = text.slice(0, Math.max(0, max - 1))
  return `${/[\uD800-\uDBFF]$/.test(short) ? short.slice(0, -1) : short}…`
}

/** The user's own words for this moment, filled in. */
export function filled(words: string, moment: Moment, receipt: Receipt): string {
  const { failures, commit, durationMs } = receipt
  const values: Readonly<Record<Placeholder, string>> = {
    app: receipt.app,
    environment: receipt.environment,
    purpose: receipt.purpose,
    release: receipt.release ?? '',
    previous: receipt.previous ?? '',
    serving: receipt.serving ?? 'nothing',
    outcome: moment,
    reason: failures[0]?.message ?? receipt.text,
    hint: failures.at(-1)?.hint ?? '',
    by: receipt.by,
    commit: commit === null ? '' : commitWords(commit),
    duration: durationMs === null ? '' : formatDuration(durationMs),
    hosts: receipt.hosts.map(({ host }) => host).join(', '),
    run: receipt.run,
  }
  return fillPlaceholders(words, values)
}
