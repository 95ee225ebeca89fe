import type { Answer } from '../hosts/courier/courier.ts'
import type { Delivery } from './notifier.ts'

type Web = Extract<Answer, { kind: 'answered' }>

/** What a kind knows of its own API's answers. */
export interface Reading {
  /** What a status means here, in words that say what to do. */
  readonly meaning?: (answer: Web) => string | undefined
  /** When to ask again, where the body says so. */
  readonly retryMs?: (answer: Web) => number | undefined
  /** Some say no with a 200. */
  readonly isTaken?: (answer: Web) => boolean
}

/** Reads an answer as all web services mean it: 2xx is yes; 429 and 5xx are later; the rest no. */
export function judgeAnswer(answer: Answer, reading: Reading = {}): Delivery {
  if (answer.kind === 'unheard') return { kind: 'later', text: answer.text }
  if (answer.kind === 'taken') return { kind: 'told', text: answer.text || 'told' }
  if (answer.kind === 'denied') {
    return { kind: answer.isPassing ? 'later' : 'refused', text: answer.text }
  }
  const { status } = answer
  const isGood = status >= 200 && status < 300
  if (isGood && reading.isTaken?.(answer) !== false) return { kind: 'told', text: 'told' }
  const text = reading.meaning?.(answer) ?? plainMeaning(answer)
  if (status !== 429 && status < 500 && status !== 408) return { kind: 'refused', text }
  const afterMs = reading.retryMs?.(answer) ?? retryAfter(answer)
  return { kind: 'later', text, ...(afterMs === undefined ? {} : { afterMs }) }
}

function plainMeaning({ status, headers, body }: Web): string {
  if (status === 429) return 'it takes no more messages for now (429)'
  if (status >= 300 && status < 400 && headers['location'] !== undefined) {
    return `it answers with a redirect (${status}), which is not followed: give the final address`
  }
  const said = firstWords(body)
  return `it answers ${status}${said === '' ? '' : `: ${said}`}`
}

/** Seconds, or a date: the two forms that HTTP has. */
function retryAfter({ headers }: Web): number | undefined {
  const written = headers['retry-after'] ?? ''
  if (/^\d+(\.\d+)?$/.test(written)) return Number(written) * 1000
  const [at, now] = [Date.parse(written), Date.parse(headers['date'] ?? '')]
  return Number.isNaN(at - now) ? undefined : Math.max(0, at - now)
}

const WORDS_MAX = 160

/** The beginning of a body, in one line; a page of HTML says nothing worth repeating. */
export function firstWords(body: string): string {
  const line = body.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.startsWith('<') ? '' : line.slice(0, WORDS_MAX)
}

/** A body of JSON; an empty map for anything else. */
export function jsonOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const data: unknown = JSON.parse(body)
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A number of seconds, as milliseconds. */
export function secondsIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? Math.ceil(value * 1000) : undefined
}
