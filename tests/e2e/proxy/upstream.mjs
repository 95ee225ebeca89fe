// An app behind the proxy, told by its environment: NAME goes into each answer; a request on a
// connection that was idle for HANG_UP_MS is never answered, as if it crossed the app's hanging up.
// Port 8000 and 8001 speak HTTP and WebSocket; 9001 to 9003 do not.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const name = process.env.NAME ?? 'a'
const hangUpMs = Number(process.env.HANG_UP_MS ?? Infinity)
const lastUsed = new WeakMap()

function app() {
  const server = createServer(async (request, response) => {
    const { socket } = request
    if (performance.now() - (lastUsed.get(socket) ?? Infinity) >= hangUpMs) {
      socket.destroy()
      return
    }
    response.on('finish', () => lastUsed.set(socket, performance.now()))
    const url = new URL(request.url, 'http://app')
    if (url.pathname === '/busy') response.statusCode = 503
    response.setHeader('x-version', name)
    response.setHeader('x-request-id', request.headers['x-request-id'] ?? '')
    if (url.pathname === '/refuse') {
      response.writeHead(413, { connection: 'close' }).end('too big')
      return
    }
    if (url.pathname === '/stream') {
      request.pipe(response)
      return
    }
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    await wait(Number(url.searchParams.get('ms') ?? 0))
    const body = Buffer.concat(chunks)
    if (url.pathname === '/echo') {
      response.end(body)
      return
    }
    const sha = createHash('sha256').update(body).digest('hex')
    const { headers } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ name, path: url.pathname, sha, headers }))
  })
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
    socket.write(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
    // Every frame it hears is answered by its name, in one unmasked text frame.
    socket.on('data', () => socket.write(Buffer.from([0x81, name.length, ...Buffer.from(name)])))
    socket.on('error', () => {})
  })
  return server
}

app().listen(8000)
app().listen(8001)

const tcp = (port, speak) =>
  createTcpServer((socket) => {
    socket.on('error', () => {})
    speak(socket)
  }).listen(port)
tcp(9001, (socket) => socket.write('-ERR this is no web server\r\n'))
tcp(9002, (socket) => socket.end())
tcp(9003, () => {})
