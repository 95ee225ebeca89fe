import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { HttpAnswer, HttpQuestion } from '../host.ts'
import { certificateOf, distrustOf } from './certificate.ts'
import { HANDSHAKE, socketMessage } from './web-socket.ts'
import { wasWarm } from './warm-agent.ts'

export type Answered = Extract<HttpAnswer, { kind: 'answered' }>

/** One exchange that came to no answer. */
export interface Failed {
  readonly kind: 'failed'
  readonly error: NodeJS.ErrnoException
  readonly isLate: boolean
  /** An answer had begun. */
  readonly hasBegun: boolean
  /** The connection was an older one, which the other side may have closed by then. */
  readonly isStale: boolean
}

/** Where to connect to, and what is said beside the question. */
export type Over = Omit<RequestOptions, 'headers'> & {
  readonly isTls: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** Checks look at the beginning of a page; a download is not read to its end. */
const BODY_MAX_BYTES = 1024 * 1024

/** What is asked, wherever it is asked. */
export type Asked = Omit<HttpQuestion, 'through'>

/** Asks once, over whatever connection the options lead to. Never rejects. */
export function exchange(question: Asked, over: Over): Promise<Answered | Failed> {
  return new Promise((resolve) => {
    const started = performance.now()
    let [isLate, hasBegun] = [false, false]
    const { isTls, headers, ...where } = over
    const ask = isTls ? requestTls : request
    const asked = ask({
      ...where,
      method: question.method,
      path: question.path,
      headers: {
        ...question.headers,
        ...lengthOf(question),
        host: question.host,
        ...headers,
        ...(question.socket === undefined ? {} : HANDSHAKE),
      },
    })
    const timer = setTimeout(() => {
      isLate = true
      asked.destroy(new Error('too late'))
    }, question.timeoutMs)
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer)
      resolve({ kind: 'failed', error, isLate, hasBegun, isStale: isOld(asked) })
    }
    asked.on('error', fail)
    const answer = (said: Said, body: string): void => {
      clearTimeout(timer)
      const durationMs = Math.round(performance.now() - started)
      resolve({ kind: 'answered', ...said, body, durationMs })
    }
    asked.once('response', (response) => {
      hasBegun = true
      // Its connection may be another's by the time that the body is there.
      const said = saidBy(response)
      bodyOf(response).then((body) => answer(said, body), fail)
    })
    asked.once('upgrade', (response, socket, head) => {
      hasBegun = true
      clearTimeout(timer)
      const said = saidBy(response)
      const late = setTimeout(() => socket.destroy(), question.timeoutMs)
      void socketMessage(socket, head, question.socket).then((message) => {
        clearTimeout(late)
        socket.destroy()
        answer(said, message)
      })
    })
    asked.end(question.body)
  })
}

/** All of an answer but its body. */
type Said = Omit<Answered, 'kind' | 'body' | 'durationMs'>

function saidBy(response: IncomingMessage): Said {
  const { socket } = response
  const distrust = socket instanceof TLSSocket ? distrustOf(socket) : undefined
  const certificate = socket instanceof TLSSocket ? certificateOf(socket, Date.now()) : undefined
  const cookies = response.headers['set-cookie']
  return {
    status: response.statusCode ?? 0,
    headers: headersOf(response),
    ...(distrust === undefined ? {} : { distrust }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(cookies === undefined ? {} : { cookies }),
  }
}

function isOld(asked: ClientRequest): boolean {
  return asked.reusedSocket || (asked.socket !== null && wasWarm(asked.socket))
}

function lengthOf({ body }: Asked): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) headers[name] = textOf(value)
  return headers
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ')
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BODY_MAX_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, BODY_MAX_BYTES).toString('utf8')
}
