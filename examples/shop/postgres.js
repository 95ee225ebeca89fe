// As much of a Postgres client as the shop needs: one connection, plain queries, no password.
import { connect } from 'node:net'

export class Postgres {
  #options
  #connection

  constructor({ host, port = 5432, user, database = user }) {
    this.#options = { host, port, user, database }
  }

  /** Resolves to the rows, each a list of strings or nulls. */
  async query(text) {
    this.#connection ??= open(this.#options)
    const connection = await this.#connection.catch((error) => {
      this.#connection = undefined
      throw error
    })
    if (connection.closed) {
      this.#connection = undefined
      return this.query(text)
    }
    return connection.ask(message('Q', `${text}\0`))
  }

  end() {
    void this.#connection?.then((connection) => connection.end())
  }
}

async function open({ host, port, user, database }) {
  const socket = connect({ host, port })
  socket.setTimeout(10_000, () => socket.destroy(new Error('the database does not answer')))
  const connection = new Connection(socket)
  const start = Buffer.from(`\0\x03\0\0user\0${user}\0database\0${database}\0\0`)
  await connection.ask(withLength(start))
  socket.setTimeout(0)
  return connection
}

/** Questions are answered in order; each ends with the server's "ready for query". */
class Connection {
  closed = false
  #socket
  #waiting = []
  #received = Buffer.alloc(0)

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the database closed the connection')))
  }

  ask(bytes) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows: [], error: undefined, resolve, reject })
      this.#socket.write(bytes)
    })
  }

  end() {
    this.#socket.end(message('X', ''))
  }

  #fail(error) {
    this.closed = true
    for (const { reject, error: told } of this.#waiting.splice(0)) reject(told ?? error)
  }

  #read(chunk) {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 5) {
      const end = 1 + this.#received.readInt32BE(1)
      if (this.#received.length < end) return
      this.#take(String.fromCharCode(this.#received[0]), this.#received.subarray(5, end))
      this.#received = this.#received.subarray(end)
    }
  }

  #take(kind, body) {
    const question = this.#waiting[0]
    if (question === undefined) return
    if (kind === 'D') question.rows.push(columns(body))
    if (kind === 'E') question.error = new Error(errorText(body))
    if (kind === 'R' && body.readInt32BE(0) !== 0) {
      this.#socket.destroy(new Error('the database asks for a password'))
    }
    if (kind !== 'Z') return
    this.#waiting.shift()
    if (question.error === undefined) question.resolve(question.rows)
    else question.reject(question.error)
  }
}

function columns(body) {
  let offset = 2
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const length = body.readInt32BE(offset)
    offset += 4
    if (length === -1) return null
    offset += length
    return body.toString('utf8', offset - length, offset)
  })
}

function errorText(body) {
  const field = body
    .toString('utf8')
    .split('\0')
    .find((text) => text.startsWith('M'))
  return field?.slice(1) ?? 'unknown database error'
}

function message(kind, text) {
  return Buffer.concat([Buffer.from(kind), withLength(Buffer.from(text))])
}

function withLength(bytes) {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length + 4)
  return Buffer.concat([length, bytes])
}
