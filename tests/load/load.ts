import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Connection, LostError } from './connection.ts'
import { keepEvents } from './events.ts'
import { type Http2Options, keepHttp2 } from './http2.ts'
import { headOf, type LoadRequest, roleOf, SHOP_TRAFFIC, type Traffic } from './requests.ts'
import { type LoadReport, Tally } from './tally.ts'
import { keepWebSocket } from './web-socket.ts'

export type { LoadReport, Loss } from './tally.ts'

export type LoadOptions = {
  readonly host: string
  readonly port: number
  /** Keep-alive connections at the same time. */
  readonly connections?: number
  /** Over all connections, slow answers permitting; 0 is as fast as it goes. */
  readonly requestsPerSecond?: number
  /** Sent with each request, `host` for example. */
  readonly headers?: Readonly<Record<string, string>>
  /** What is asked, and which answers are right; left out, what `examples/shop` offers. */
  readonly traffic?: Traffic
  /** Opens `/ws` as well. */
  readonly webSocket?: boolean
  /** Listens to `/events` as well. */
  readonly events?: boolean
  /** Asks over HTTP/2 as well. */
  readonly http2?: Http2Options
  /** The load ends by itself after this time, or this many requests. */
  readonly secondsMax?: number
  readonly requestsMax?: number
}

export type Load = {
  /** What happened until now. */
  report(): LoadReport
  /** Lets what is in flight come to its end, and tells what happened. */
  stop(): Promise<LoadReport>
}

// Longer than a proxy holds a request while one release hands over to the next.
const answerWithinMs = 110_000

/**
 * Asks an app like `examples/shop` for pages, slow pages, echoes and ticks, as impatient clients
 * do: nothing is ever tried again. A request is lost when it meets a reset, a close before the
 * answer is whole, another status than 200, or a body that is not its own. A server may close an idle
 * connection; if it does so without having announced it just as we send, that request is lost.
 */
export function startLoad(options: LoadOptions): Load {
  const { connections = 50, requestsPerSecond = 400, secondsMax = 600 } = options
  const tally = new Tally()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const timer = setTimeout(() => stopping.abort(), secondsMax * 1000)
  const everyMs = requestsPerSecond > 0 ? (1000 * connections) / requestsPerSecond : 0
  const run = randomBytes(3).toString('hex')
  const clients = Array.from({ length: connections }, (_, number) =>
    runClient({ options, tally, signal: stopping.signal, number, run, everyMs }),
  )
  if (options.webSocket !== false) clients.push(keepWebSocket(options, tally, stopping.signal))
  if (options.events === true) clients.push(keepEvents(options, tally, stopping.signal))
  if (options.http2 !== undefined) {
    clients.push(keepHttp2({ ...options.http2, run }, tally, stopping.signal))
  }
  return {
    report: () => tally.report(),
    async stop() {
      clearTimeout(timer)
      stopping.abort()
      await Promise.all(clients)
      return tally.report()
    },
  }
}

type Client = {
  readonly options: LoadOptions
  readonly tally: Tally
  readonly signal: AbortSignal
  readonly number: number
  readonly run: string
  readonly everyMs: number
}

/** One connection's life: ask, check, ask again; a new connection where the old one ended. */
async function runClient(client: Client): Promise<void> {
  const { options, tally, signal, number, run, everyMs } = client
  const { requestsMax = 2_000_000, traffic = SHOP_TRAFFIC } = options
  const role = (traffic.roleOf ?? roleOf)(number)
  let connection: Connection | undefined
  // Spread over the interval, so that clients do not march in step.
  let nextAt = performance.now() + Math.random() * Math.min(everyMs, 1000)
  for (let n = 0; ; n++) {
    await until(nextAt, signal)
    if (signal.aborted || tally.sent >= requestsMax) break
    nextAt = Math.max(nextAt + everyMs, performance.now() - 1000)
    const request = traffic.make(`${run}-${number}-${n}`, role, n + number)
    tally.sent += 1
    connection = await ask(request, connection, client)
    if (connection === undefined) await wait(50)
  }
  connection?.close()
}

/** Sends one request and tallies what came of it. Returns the connection to use from here on. */
async function ask(
  request: LoadRequest,
  open: Connection | undefined,
  { options, tally }: Client,
): Promise<Connection | undefined> {
  const { host, port, headers = {}, traffic = SHOP_TRAFFIC } = options
  let connection = open
  try {
    if (connection?.usable !== true) connection = await Connection.open(host, port)
    const { answer, waitedMs } = await connection.exchange({
      head: headOf(request, { host, ...headers }),
      pieces: request.pieces,
      pauseMs: request.pauseMs,
      timeoutMs: answerWithinMs + request.sleepMs,
    })
    const fault = traffic.faultOf(request, answer)
    if (fault !== undefined) tally.lose(request, { phase: 'check', reason: fault })
    else tally.answered(request, { answer, latencyMs: waitedMs - request.sleepMs })
    return connection
  } catch (error) {
    if (!(error instanceof LostError)) throw error
    tally.lose(request, { phase: error.phase, reason: error.message })
    connection?.close()
    return undefined
  }
}

async function until(time: number, signal: AbortSignal): Promise<void> {
  const ms = time - performance.now()
  if (ms > 1) await wait(ms, undefined, { signal }).catch(() => {})
  // At full speed, others must get their turn as well.
  else if (ms <= 0) await new Promise((done) => setImmediate(done))
}
