export type Answer = {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Whether the server lets us ask again on this connection. */
  readonly keepAlive: boolean
}

type Head = Omit<Answer, 'body'>

/** Reads one HTTP/1.1 answer piece by piece, as strictly as a client that trusts nobody. */
export class ResponseReader {
  #received: Buffer = Buffer.alloc(0)
  #head: Head | undefined
  /** Whether anything of an answer has come. */
  started = false

  /** The answer, once it is whole; throws on what is not HTTP. */
  read(chunk: Buffer): Answer | undefined {
    this.started = true
    this.#received = Buffer.concat([this.#received, chunk])
    this.#head ??= this.#readHead()
    // An interim answer (100 Continue) is followed by the real one.
    while (this.#head !== undefined && this.#head.status < 200 && this.#head.status !== 101) {
      this.#head = this.#readHead()
    }
    return this.#head === undefined ? undefined : this.#readBody(this.#head)
  }

  /** The answer, if it is one that only the end of the connection completes. */
  end(): Answer | undefined {
    const head = this.#head
    if (head === undefined || head.keepAlive) return undefined
    const delimited = head.headers.has('content-length') || head.headers.has('transfer-encoding')
    return delimited ? undefined : { ...head, body: this.#received }
  }

  #readHead(): Head | undefined {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return undefined
    const [first = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n')
    this.#received = this.#received.subarray(end + 4)
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
    if (status === undefined) throw new Error(`not an HTTP answer: ${first.slice(0, 60)}`)
    const headers = new Map(lines.map(readHeader))
    return { status: Number(status), headers, keepAlive: keepsAlive(first, headers) }
  }

  #readBody(head: Head): Answer | undefined {
    if (head.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
      const chunked = readChunks(this.#received)
      if (chunked === undefined) return undefined
      this.#received = chunked.rest
      return { ...head, body: chunked.body }
    }
    if (head.status === 204 || head.status === 304) return { ...head, body: Buffer.alloc(0) }
    // From here on another protocol is spoken; its first bytes may have come along.
    if (head.status === 101) return { ...head, body: this.#received }
    const length = Number(head.headers.get('content-length') ?? Number.NaN)
    if (Number.isNaN(length) && head.keepAlive) throw new Error('an answer without a length')
    if (Number.isNaN(length) || this.#received.length < length) return undefined
    const body = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return { ...head, body }
  }
}

function readHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new Error(`not a header: ${line.slice(0, 60)}`)
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function keepsAlive(first: string, headers: ReadonlyMap<string, string>): boolean {
  const connection = headers.get('connection')?.toLowerCase()
  return first.startsWith('HTTP/1.0') ? connection === 'keep-alive' : connection !== 'close'
}

/** The whole body, or undefined as long as the last, empty chunk is missing. Without trailers. */
function readChunks(bytes: Buffer): { readonly body: Buffer; readonly rest: Buffer } | undefined {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('not a chunk size')
    const start = lineEnd + 2
    if (bytes.length < start + size + 2) return undefined
    at = start + size + 2
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(at) }
    chunks.push(bytes.subarray(start, start + size))
  }
}
