import type { Phase } from './connection.ts'
import type { LoadRequest } from './requests.ts'
import type { Answer } from './response.ts'

export type Loss = {
  readonly atMs: number
  readonly request: string
  readonly phase: Phase | 'websocket'
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
  readonly websocket: { readonly opened: number; readonly closed: number; readonly ticks: number }
  /** The first twenty. */
  readonly losses: readonly Loss[]
}

const lossesKept = 20
const latenciesKept = 200_000

/** Counts while the load runs. */
export class Tally {
  sent = 0
  lost = 0
  readonly websocket = { opened: 0, closed: 0, ticks: 0 }
  readonly #startedAt = performance.now()
  #answers = 0
  readonly #losses: Loss[] = []
  readonly #latencies: number[] = []
  readonly #versions = new Map<string, { count: number; firstMs: number; lastMs: number }>()

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  answered(answer: Answer, latencyMs: number): void {
    const version = answer.headers.get('x-version') ?? 'none'
    const atMs = this.elapsedMs
    const seen = this.#versions.get(version) ?? { count: 0, firstMs: atMs, lastMs: atMs }
    this.#versions.set(version, { ...seen, count: seen.count + 1, lastMs: atMs })
    // A ring: the latest are kept when there are more.
    this.#latencies[this.#answers % latenciesKept] = Math.max(0, latencyMs)
    this.#answers += 1
  }

  lose(request: LoadRequest, phase: Phase, reason: string): void {
    this.loseAs(`${request.method} ${request.path} ${request.id}`, phase, reason)
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
      websocket: { ...this.websocket },
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
