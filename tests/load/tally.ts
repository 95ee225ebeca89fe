import type { Phase } from './connection.ts'
import { kindOf, type LoadRequest } from './requests.ts'
import type { Answer } from './response.ts'

export type Loss = {
  readonly atMs: number
  readonly request: string
  readonly phase: Phase | 'websocket' | 'events'
  readonly reason: string
}

export type Latency = {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export type LoadReport = {
  readonly seconds: number
  /** Requests, and attempts to open a WebSocket. */
  readonly sent: number
  readonly lost: number
  /** Whole and right answers by the `x-version` they carried. */
  readonly byVersion: Readonly<Record<string, number>>
  /** When each version answered first and last, in milliseconds after the start. */
  readonly seen: Readonly<Record<string, { readonly firstMs: number; readonly lastMs: number }>>
  /** Milliseconds from the last byte sent to the last received, less what was asked to be slow. */
  readonly latency: Latency
  /** Of each kind of request, by its name. */
  readonly byKind: Readonly<Record<string, { readonly answered: number; readonly lost: number }>>
  /** How many were opened and have ended, how many of these were not told so, and what was heard. */
  readonly websocket: Readonly<LongLived>
  /** The same of server-sent events. */
  readonly events: Readonly<LongLived>
  /** The first twenty. */
  readonly losses: readonly Loss[]
}

export type LongLived = { opened: number; closed: number; cut: number; ticks: number }

const none = (): LongLived => ({ opened: 0, closed: 0, cut: 0, ticks: 0 })
const lossesKept = 20
const latenciesKept = 200_000

type Answered = { readonly answer: Answer; readonly latencyMs: number; readonly over?: string }
type Lost = { readonly phase: Phase; readonly reason: string; readonly over?: string }

/** Counts while the load runs. */
export class Tally {
  sent = 0
  lost = 0
  readonly websocket = none()
  readonly events = none()
  readonly #startedAt = performance.now()
  #answers = 0
  readonly #losses: Loss[] = []
  readonly #latencies: number[] = []
  readonly #kinds = new Map<string, { answered: number; lost: number }>()
  readonly #versions = new Map<string, { count: number; firstMs: number; lastMs: number }>()

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  /** `over` is said before the kind, where it is not HTTP/1.1. */
  answered(request: LoadRequest, { answer, latencyMs, over = '' }: Answered): void {
    this.#kind(over + kindOf(request)).answered += 1
    this.#seen(answer)
    // A ring: the latest are kept when there are more.
    this.#latencies[this.#answers % latenciesKept] = Math.max(0, latencyMs)
    this.#answers += 1
  }

  #seen(answer: Answer): void {
    const version = answer.headers.get('x-version') ?? 'none'
    const atMs = this.elapsedMs
    const seen = this.#versions.get(version) ?? { count: 0, firstMs: atMs, lastMs: atMs }
    this.#versions.set(version, { ...seen, count: seen.count + 1, lastMs: atMs })
  }

  lose(request: LoadRequest, { phase, reason, over = '' }: Lost): void {
    this.#kind(over + kindOf(request)).lost += 1
    this.loseAs(`${over}${request.method} ${request.path} ${request.id}`, phase, reason)
  }

  #kind(name: string): { answered: number; lost: number } {
    const kind = this.#kinds.get(name) ?? { answered: 0, lost: 0 }
    this.#kinds.set(name, kind)
    return kind
  }

  loseAs(request: string, phase: Loss['phase'], reason: string): void {
    this.lost += 1
    if (this.#losses.length >= lossesKept) return
    this.#losses.push({ atMs: this.elapsedMs, request, phase, reason })
  }

  report(): LoadReport {
    const versions = [...this.#versions]
    return {
      seconds: this.elapsedMs / 1000,
      sent: this.sent,
      lost: this.lost,
      byVersion: Object.fromEntries(versions.map(([version, { count }]) => [version, count])),
      seen: Object.fromEntries(
        versions.map(([version, { firstMs, lastMs }]) => [version, { firstMs, lastMs }]),
      ),
      latency: percentiles(this.#latencies),
      byKind: Object.fromEntries([...this.#kinds].map(([name, kind]) => [name, { ...kind }])),
      websocket: { ...this.websocket },
      events: { ...this.events },
      losses: [...this.#losses],
    }
  }
}

function percentiles(latencies: readonly number[]): Latency {
  const sorted = [...latencies].sort((a, b) => a - b)
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return Math.round(value * 10) / 10
  }
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}
