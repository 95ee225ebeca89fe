// A small shop front without dependencies. It counts visits in Postgres where DATABASE_HOST is set,
// and can be told to misbehave, so that one can see what a deployment makes of it.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { Postgres } from './postgres.js'
import { accept, closeAll } from './websocket.js'

const {
  DATABASE_HOST,
  DATABASE_USER = 'shop',
  SHOP_NAME = 'The corner shop',
  LISTEN_PORT = '8000',
  START_DELAY_MS = '0',
  EXIT_AT_START,
  EXIT_AFTER_MS,
  IGNORE_SIGTERM,
  HEALTH = 'ok',
} = process.env

const bodyMaxBytes = 4 * 1024 * 1024
const version = process.env.VERSION || readFileSync('version', 'utf8').trim()
const settings = existsSync('settings.json')
  ? JSON.parse(readFileSync('settings.json', 'utf8'))
  : {}
const database =
  DATABASE_HOST === undefined
    ? undefined
    : new Postgres({ host: DATABASE_HOST, user: DATABASE_USER })
let stopping = false

const routes = {
  'GET /': home,
  'GET /health': health,
  'GET /slow': slow,
  'POST /echo': echo,
}

async function home(_request, url) {
  await database?.query(`INSERT INTO visits (version) VALUES ('${version.replaceAll("'", '')}')`)
  const rows = await database?.query('SELECT count(*) FROM visits')
  const { greeting = 'Hello' } = settings
  const visits = rows === undefined ? undefined : Number(rows[0][0])
  return json(200, { shop: SHOP_NAME, greeting, version, visits, path: url.pathname })
}

async function health() {
  await database?.query('SELECT 1')
  const flapping = HEALTH === 'flap' && Math.floor(process.uptime() / 2) % 2 === 1
  return HEALTH === 'fail' || flapping ? json(503, { status: 'ill' }) : json(200, { status: 'ok' })
}

async function slow(_request, url) {
  const ms = Math.min(Number(url.searchParams.get('ms') ?? 1000) || 0, 30_000)
  await wait(ms)
  return json(200, { slept: ms, version })
}

async function echo(request) {
  const pieces = []
  let size = 0
  for await (const piece of request) {
    size += piece.length
    if (size > bodyMaxBytes) return json(413, { error: 'too large' })
    pieces.push(piece)
  }
  return { status: 200, type: 'application/octet-stream', body: Buffer.concat(pieces) }
}

function json(status, value) {
  return { status, type: 'application/json', body: Buffer.from(`${JSON.stringify(value)}\n`) }
}

async function answer(request) {
  const url = new URL(request.url, 'http://shop')
  const route = routes[`${request.method} ${url.pathname}`]
  if (route === undefined) return json(404, { error: 'no such page' })
  try {
    return await route(request, url)
  } catch (error) {
    return json(503, { error: error.message })
  }
}

async function handle(request, response) {
  const { status, type, body } = await answer(request)
  response.writeHead(status, {
    'content-type': type,
    'content-length': body.length,
    'x-version': version,
    'x-request-id': request.headers['x-request-id'] ?? '',
    ...(stopping ? { connection: 'close' } : {}),
  })
  response.end(body)
}

function stop(signal) {
  if (stopping || IGNORE_SIGTERM === '1') return
  stopping = true
  console.log(`${signal}: finishing what is in flight`)
  closeAll()
  server.close(() => {
    database?.end()
    console.log('done')
  })
  setTimeout(() => process.exit(1), 30_000).unref()
}

const server = createServer((request, response) => void handle(request, response))
server.on('upgrade', (request, socket) => accept(request, socket, version))
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

if (EXIT_AT_START === '1') {
  console.log('told to exit at the start')
  process.exit(1)
}
await wait(Number(START_DELAY_MS))
await database?.query(
  'CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now(), version text)',
)
server.listen(Number(LISTEN_PORT), () => console.log(`shop ${version} listens on ${LISTEN_PORT}`))
if (EXIT_AFTER_MS !== undefined) setTimeout(() => process.exit(1), Number(EXIT_AFTER_MS))
