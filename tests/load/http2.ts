import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import { LostError, type Phase } from './connection.ts'
import { EVERY_TRAFFIC, type LoadRequest } from './requests.ts'
import type { Answer } from './response.ts'
import type { Tally } from './tally.ts'

export type Http2Options = {
  readonly host: string
  readonly port: number
  /** Its certificate is not looked at: that is not what is tested. */
  readonly domain: string
  /** Requests in flight at once, all over one connection. */
  readonly lanes?: number
}

const OVER = 'http/2 '
const answerWithinMs = 110_000
const pauseMs = 100

/** Requests of every kind over one connection, which is opened again only where it has ended. */
export async function keepHttp2(
  options: Http2Options & { readonly run: string },
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { lanes = 10, run } = options
  const sessions = new Sessions(options)
  const clients = Array.from({ length: lanes }, async (_, lane) => {
    const role = EVERY_TRAFFIC.roleOf?.(lane) ?? 'get'
    for (let n = 0; !signal.aborted; n++) {
      const request = EVERY_TRAFFIC.make(`${run}-h2-${lane}-${n}`, role, n + lane)
      tally.sent += 1
      await askOnce(request, sessions, tally)
      await wait(pauseMs)
    }
  })
  await Promise.all(clients)
  sessions.close()
}

async function askOnce(request: LoadRequest, sessions: Sessions, tally: Tally): Promise<void> {
  try {
    const { answer, waitedMs } = await exchange(request, sessions)
    const fault = EVERY_TRAFFIC.faultOf(request, answer)
    if (fault !== undefined) tally.lose(request, { phase: 'check', reason: fault, over: OVER })
    else tally.answered(request, { answer, latencyMs: waitedMs - request.sleepMs, over: OVER })
  } catch (error) {
    if (!(error instanceof LostError)) throw error
    tally.lose(request, { phase: error.phase, reason: error.message, over: OVER })
  }
}

class Sessions {
  readonly #options: Http2Options
  #session: ClientHttp2Session | undefined

  constructor(options: Http2Options) {
    this.#options = options
  }

  get domain(): string {
    return this.#options.domain
  }

  /** The open one, or another; one that the server is ending takes no new request. */
  current(): ClientHttp2Session {
    const open = this.#session
    if (open !== undefined && !open.closed && !open.destroyed) return open
    const { host, port, domain } = this.#options
    const session = connect(`https://${host}:${port}`, {
      servername: domain,
      rejectUnauthorized: false,
    })
    // Each request in flight is told of it as well.
    session.on('error', () => {})
    session.on('goaway', () => session.close())
    this.#session = session
    return session
  }

  close(): void {
    this.#session?.destroy()
  }
}

function exchange(
  request: LoadRequest,
  sessions: Sessions,
): Promise<{ answer: Answer; waitedMs: number }> {
  return new Promise((resolve, reject) => {
    let phase: Phase = 'connect'
    const fail = (reason: string) => reject(new LostError(phase, reason))
    const asked = sessions.current().request({
      ':method': request.method,
      ':path': request.path,
      ':authority': sessions.domain,
      'x-request-id': request.id,
    })
    asked.setTimeout(answerWithinMs, () => asked.close())
    const chunks: Buffer[] = []
    let head: Omit<Answer, 'body'> | undefined
    let sentAt = performance.now()
    asked.on('response', (headers) => {
      phase = 'answer'
      const all = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
      head = { status: headers[':status'] ?? 0, headers: new Map(all), keepAlive: true }
    })
    asked.on('data', (chunk: Buffer) => chunks.push(chunk))
    asked.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    asked.on('end', () => {
      if (head === undefined) return fail('ended without an answer')
      const answer = { ...head, body: Buffer.concat(chunks) }
      resolve({ answer, waitedMs: performance.now() - sentAt })
    })
    asked.on('close', () => fail('closed before the answer was whole'))
    void (async () => {
      phase = 'send'
      for (const piece of request.pieces) {
        if (request.pauseMs > 0) await wait(request.pauseMs)
        if (asked.destroyed) return
        asked.write(piece)
      }
      asked.end()
      if (phase === 'send') phase = 'wait'
      sentAt = performance.now()
    })()
  })
}
