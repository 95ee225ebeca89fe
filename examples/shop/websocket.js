// As much of a WebSocket server as the shop needs: a tick four times a second, and an echo.
import { createHash } from 'node:crypto'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const open = new Set()

/** Takes over a connection that asked for a WebSocket. */
export function accept(request, socket, version) {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${magic}`)
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${key.digest('base64')}\r\nX-Version: ${version}\r\n\r\n`,
  )
  let tick = 0
  const timer = setInterval(() => {
    tick += 1
    socket.write(frame(1, JSON.stringify({ tick, version })))
  }, 250)
  open.add(socket)
  socket.on('close', () => {
    clearInterval(timer)
    open.delete(socket)
  })
  socket.on('error', () => socket.destroy())
  let received = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    received = answerFrames(Buffer.concat([received, chunk]), socket)
  })
}

/** Says goodbye on every open WebSocket: 1001, going away. */
export function closeAll() {
  for (const socket of open) socket.end(frame(8, Buffer.from([0x03, 0xe9])))
}

function answerFrames(bytes, socket) {
  let rest = bytes
  while (rest.length >= 6) {
    const opcode = rest[0] & 0x0f
    const short = rest[1] & 0x7f
    const start = short === 126 ? 8 : 6
    const length = short === 126 && rest.length >= 4 ? rest.readUInt16BE(2) : short
    if (short === 127) socket.destroy()
    if (rest.length < start + length) return rest
    const mask = rest.subarray(start - 4, start)
    const body = rest.subarray(start, start + length).map((byte, at) => byte ^ mask[at % 4])
    if (opcode === 1) socket.write(frame(1, body))
    if (opcode === 8) socket.end(frame(8, body))
    if (opcode === 9) socket.write(frame(10, body))
    rest = rest.subarray(start + length)
  }
  return rest
}

function frame(opcode, content) {
  const body = Buffer.from(content)
  const head =
    body.length < 126
      ? Buffer.from([0x80 | opcode, body.length])
      : Buffer.from([0x80 | opcode, 126, body.length >> 8, body.length & 0xff])
  return Buffer.concat([head, body])
}
