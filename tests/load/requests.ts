import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from './response.ts'

export type LoadRequest = {
  readonly id: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly pieces: readonly Buffer[]
  readonly pauseMs: number
  /** How long the app was asked to take. */
  readonly sleepMs: number
}

/** Requests of an app, and what is wrong with an answer to one. */
export type Traffic = {
  /** What a connection mostly does; left out, it is never to read streams. */
  readonly roleOf?: (connection: number) => RequestRole
  make(id: string, role: RequestRole, n: number): LoadRequest
  faultOf(request: LoadRequest, answer: Answer): string | undefined
}

export type RequestRole = 'slow' | 'post' | 'get' | 'stream'

/** What a connection mostly does: one in ten asks for slow answers, three in ten send bodies. */
export function roleOf(connection: number): RequestRole {
  const tenth = connection % 10
  if (tenth === 0) return 'slow'
  return tenth <= 3 ? 'post' : 'get'
}

/** The n-th request of a connection. Sizes, pauses and kinds vary, but not from run to run. */
export function makeRequest(id: string, role: RequestRole, n: number): LoadRequest {
  if (role === 'slow') {
    const sleepMs = [5000, 300, 1500, 3000, 700][n % 5] ?? 1000
    const path = `/slow?ms=${sleepMs}`
    return { id, method: 'GET', path, pieces: [], pauseMs: 0, sleepMs }
  }
  const posts = role === 'post' ? n % 4 !== 3 : n % 12 === 11
  if (!posts) return { id, method: 'GET', path: '/', pieces: [], pauseMs: 0, sleepMs: 0 }
  const size = [0, 300, 4000, 30_000, 90_000][n % 5] ?? 300
  const pauseMs = [0, 5, 40, 0, 200][n % 5] ?? 0
  const pieces = size === 0 ? [] : split(randomBytes(size), 1 + (n % 4))
  return { id, method: 'POST', path: '/echo', pieces, pauseMs, sleepMs: 0 }
}

export function headOf(request: LoadRequest, headers: Readonly<Record<string, string>>): string {
  const length = request.pieces.reduce((sum, piece) => sum + piece.length, 0)
  const all = {
    ...headers,
    'x-request-id': request.id,
    ...(request.method === 'POST' ? { 'content-length': String(length) } : {}),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Why this is not the answer to this request, if it is not. */
export function faultOf(request: LoadRequest, answer: Answer): string | undefined {
  if (answer.status !== 200) return `status ${answer.status}`
  const id = answer.headers.get('x-request-id') ?? ''
  if (id !== '' && id !== request.id) return `the answer to ${id}`
  if (request.method === 'POST' && hash(answer.body) !== hash(Buffer.concat(request.pieces))) {
    return `a body of ${answer.body.length} bytes that is not the one sent`
  }
  return undefined
}

/** What `app.mjs` answers beyond the shop: one connection in ten reads answers that come in chunks. */
export const EVERY_TRAFFIC: Traffic = {
  roleOf: (connection) => (connection % 10 === 4 ? 'stream' : roleOf(connection)),
  make: (id, role, n) => (role === 'stream' ? makeStream(id, n) : makeRequest(id, role, n)),
  faultOf: (request, answer) => faultOf(request, answer) ?? streamFaultOf(request, answer),
}

const PIECES = 20

function makeStream(id: string, n: number): LoadRequest {
  const sleepMs = [400, 4000, 1000][n % 3] ?? 1000
  const path = `/stream?ms=${sleepMs}&pieces=${PIECES}`
  return { id, method: 'GET', path, pieces: [], pauseMs: 0, sleepMs }
}

function streamFaultOf({ path }: LoadRequest, { body }: Answer): string | undefined {
  if (!path.startsWith('/stream')) return undefined
  const numbers = Array.from({ length: PIECES }, (_, at) => at + 1)
  const whole = numbers.map((n) => `piece ${n} of ${PIECES}\n`).join('')
  return body.toString() === whole ? undefined : `${body.length} bytes that are not all pieces`
}

/** What a request is counted as. */
export function kindOf({ method, path }: LoadRequest): string {
  if (method === 'POST') return 'post'
  return /^\/(slow|stream)\b/.exec(path)?.[1] ?? 'get'
}

export const SHOP_TRAFFIC: Traffic = { make: makeRequest, faultOf }

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function split(bytes: Buffer, count: number): readonly Buffer[] {
  const size = Math.ceil(bytes.length / count)
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}
