import { type Load, type LoadReport, startLoad } from '../../load/load.ts'
import { makeRequest, SHOP_TRAFFIC, type Traffic } from '../../load/requests.ts'
import type { Server } from '../../lab/server.ts'

export const CONNECTIONS = 50
export const PER_SECOND = 200
const SECONDS_MAX = 600

/** GET and POST as the other benchmarks send them, without the pages that take seconds. */
const QUICK_TRAFFIC: Traffic = {
  ...SHOP_TRAFFIC,
  make: (id, role, n) => makeRequest(id, role === 'slow' ? 'get' : role, n),
}

/** The same clients for every tool, on each server. */
export class Clients {
  readonly #begun: number
  readonly #loads: readonly Load[]

  constructor(servers: readonly Server[]) {
    this.#begun = performance.now()
    this.#loads = servers.map(({ httpPort }) =>
      startLoad({
        host: '127.0.0.1',
        port: httpPort,
        connections: CONNECTIONS,
        requestsPerSecond: PER_SECOND,
        secondsMax: SECONDS_MAX,
        webSocket: false,
        traffic: QUICK_TRAFFIC,
      }),
    )
  }

  get sent(): number {
    return this.#sum(({ sent }) => sent)
  }

  get lost(): number {
    return this.#sum(({ lost }) => lost)
  }

  /** When a release answered first on every server, by `performance.now()`. */
  servedAt(release: string): number | undefined {
    const times = this.#loads.map((load) => load.report().seen[release]?.firstMs)
    if (times.some((time) => time === undefined)) return undefined
    return this.#begun + Math.max(...times.map((time) => time ?? 0))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()))
  }

  #sum(count: (report: LoadReport) => number): number {
    return this.#loads.reduce((sum, load) => sum + count(load.report()), 0)
  }
}
