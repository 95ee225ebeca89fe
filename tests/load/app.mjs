// What the load asks: an app of one file for any image with Node. Its environment tells it: VERSION
// goes into each answer; START_DELAY_MS and STOP_DELAY_MS make it slow; IGNORE_SIGTERM=1 leaves it to
// SIGKILL; HEALTH=fail and EXIT_AT_START=1 make it ill; LOCK is a socket on which two at once would clash.
import { appendFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, createServer as createLock } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { accept, closeAll } from './websocket.js'

const {
  VERSION: version = '0',
  START_DELAY_MS = '0',
  STOP_DELAY_MS = '0',
  IGNORE_SIGTERM,
  EXIT_AT_START,
  HEALTH = 'ok',
  LOCK,
} = process.env
const everyMs = 250
const hearing = new Set()
let stopping = false

const pages = {
  'GET /': (_, response) => response.end('hello'),
  'GET /health': (_, response) => {
    response.statusCode = HEALTH === 'fail' ? 503 : 200
    response.end(HEALTH)
  },
  'GET /slow': async (_, response, { ms }) => {
    await wait(ms)
    response.end('at last')
  },
  'POST /echo': async (request, response) => {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    response.end(Buffer.concat(pieces))
  },
  'GET /stream': stream,
  'GET /events': tellEvents,
}

/** In chunks, over so many milliseconds: `piece 1 of 10`, and so on. */
async function stream(_, response, { ms, pieces }) {
  for (let n = 1; n <= pieces; n++) {
    response.write(`piece ${n} of ${pieces}\n`)
    await wait(ms / pieces)
  }
  response.end()
}

/** Server-sent events until the client or this app goes. */
function tellEvents(_, response) {
  response.setHeader('content-type', 'text/event-stream')
  let n = 0
  const tell = () => response.write(`id: ${++n}\ndata: ${version}\n\n`)
  const timer = setInterval(tell, everyMs)
  tell()
  hearing.add(response)
  response.on('close', () => {
    clearInterval(timer)
    hearing.delete(response)
  })
}

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://app')
  response.setHeader('x-version', version)
  response.setHeader('x-request-id', request.headers['x-request-id'] ?? '')
  if (stopping) response.setHeader('connection', 'close')
  const page = pages[`${request.method} ${pathname}`]
  const numbers = [...searchParams].map(([name, value]) => [name, Number(value)])
  if (page === undefined) response.writeHead(404).end()
  else await page(request, response, Object.fromEntries(numbers))
}

function stop() {
  if (stopping || IGNORE_SIGTERM === '1') return
  stopping = true
  for (const response of hearing) response.end()
  closeAll()
  server.close(() => setTimeout(() => process.exit(), Number(STOP_DELAY_MS)))
}

/** A socket that somebody listens on: unlike a file, it is held by nobody whom SIGKILL has ended. */
async function hold(path) {
  const isHeld = await new Promise((done) => {
    const asked = connect(path)
      .on('connect', () => done(true))
      .on('error', () => done(false))
    asked.on('connect', () => asked.destroy())
  })
  if (isHeld) {
    appendFileSync(`${path}.clash`, `${version}\n`)
    process.exit(9)
  }
  rmSync(path, { force: true })
  await new Promise((done) => createLock().listen(path, done))
}

if (LOCK !== undefined) await hold(LOCK)
const server = createServer((request, response) => void answer(request, response))
server.on('upgrade', (request, socket) => accept(request, socket, version))
process.on('SIGTERM', stop)
if (EXIT_AT_START === '1') process.exit(1)
await wait(Number(START_DELAY_MS))
server.listen(8000)
