// A site that has whatever a smoke check can ask for, and something wrong of each kind below /bad.
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const SECURE = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
}
const PAGE =
  '<!doctype html><link rel="stylesheet" href="/style.css"><script src="/app.js?v=1"></script>' +
  '<img src="logo.svg"><a href="/not-a-part">more</a><script src="https://cdn.example.com/x.js">' +
  '</script><h1>Welcome</h1>'
const FILES = {
  '/': ['text/html', PAGE],
  '/bad/page': ['text/html', '<img src="/bad/empty.png"><script src="/bad/gone.js"></script>'],
  '/bad/empty.png': ['image/png', ''],
  '/style.css': ['text/css', 'h1 { color: teal }'],
  '/app.js?v=1': ['text/javascript', 'document.title = 1'],
  '/logo.svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
}
const sessions = new Map()

const server = createServer(async (request, response) => {
  const { method, url, headers } = request
  const say = (status, body, more = {}) => response.writeHead(status, more).end(body)
  const json = (status, data, more) =>
    say(status, JSON.stringify(data), { 'content-type': 'application/json', ...more })
  if (url === '/api/health') return json(200, { status: 'ok', db: { up: true } }, SECURE)
  if (url === '/bad/bare') return say(200, 'bare', { 'x-frame-options': 'ALLOWALL' })
  if (url === '/bad/slow') return void setTimeout(() => say(200, 'late'), 300)
  if (url === '/old') return say(301, '', { location: '/new' })
  if (url === '/new') return say(200, 'arrived')
  if (url === '/api/open') {
    const allow = { 'access-control-allow-origin': 'https://app.example.com' }
    const methods = { 'access-control-allow-methods': 'GET, PUT' }
    return method === 'OPTIONS' ? say(204, '', { ...allow, ...methods }) : json(200, {}, allow)
  }
  if (url === '/login' && method === 'POST') return login(await bodyOf(request), say)
  if (url === '/account') return account(headers, json)
  if (url === '/token' && method === 'POST') {
    const { name } = JSON.parse(await bodyOf(request))
    return json(201, { user: { token: `t-${name}` } })
  }
  if (url === '/orders') {
    return headers.authorization === 'Bearer t-ann' ? json(200, [{ id: 7 }]) : json(401, {})
  }
  const file = FILES[url]
  return file === undefined
    ? say(404, 'no such page')
    : say(200, file[1], { 'content-type': file[0] })
})

function login(body, say) {
  const form = new URLSearchParams(body)
  if (form.get('password') !== 'open sesame') {
    say(403, 'who are you?')
    return
  }
  const id = randomUUID()
  sessions.set(id, form.get('name'))
  say(303, '', { location: '/account', 'set-cookie': `sid=${id}; Path=/; HttpOnly; SameSite=Lax` })
}

function account({ cookie = '' }, json) {
  const name = sessions.get(/sid=([^;]+)/.exec(cookie)?.[1])
  return name === undefined ? json(401, { error: 'log in' }) : json(200, { hello: name })
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

server.on('upgrade', (request, socket) => {
  socket.on('error', () => socket.destroy())
  if (request.url !== '/live') {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    return
  }
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  // One short message at a time is all that is sent here.
  socket.on('data', (bytes) => {
    const mask = bytes.subarray(2, 6)
    const text = bytes.subarray(6).map((byte, at) => byte ^ mask[at % 4])
    const said = Buffer.from(`you said ${text.toString()}`)
    socket.write(Buffer.concat([Buffer.from([0x81, said.length]), said]))
  })
})

server.listen(8000)
