import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf, type Blob } from '../../shipping/layers.ts'
import type { Spool } from './spool.ts'

export interface Manifest {
  readonly config: string
  readonly layers: readonly string[]
}

const MANIFEST_MAX_BYTES = 4 * 1024 * 1024

/**
 * What this machine's Docker pushes to when layers are wanted: the part of a registry that takes
 * something in, on the loopback, for as long as one push takes. `docker save` can only give a whole
 * image; a push leaves out what the other side says it has.
 */
export class Receiver {
  readonly #spool: Spool
  readonly #wants: (digest: string) => Promise<boolean>
  readonly #server: Server
  readonly #uploads = new Map<string, Blob>()
  readonly #blobs = new Map<string, Blob>()
  readonly #manifests: Manifest[] = []
  #count = 0

  constructor({ spool, wants }: { spool: Spool; wants: (digest: string) => Promise<boolean> }) {
    this.#spool = spool
    this.#wants = wants
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => reply(response, 400))
    })
  }

  /** At this port if it is free, else at any. */
  async listen(port: number): Promise<number> {
    await this.#listenAt(port).catch(() => this.#listenAt(0))
    return (this.#server.address() as AddressInfo).port
  }

  #listenAt(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  get blobs(): ReadonlyMap<string, Blob> {
    return this.#blobs
  }

  /** Of the images that were pushed since this was asked last. */
  takeManifests(): Manifest[] {
    return this.#manifests.splice(0)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://belay')
    const [, area = '', name = ''] =
      /\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(pathname) ?? []
    const { method = '' } = request
    if (pathname === '/v2/') return reply(response, 200)
    if (area === 'manifests' && method === 'PUT') return this.#takeManifest(request, response)
    if (area === 'blobs' && method === 'HEAD') return this.#tell(name, response)
    if (area !== 'blobs/uploads') return reply(response, 404)
    const digest = searchParams.get('digest') ?? ''
    if (method === 'POST') return this.#begin(searchParams.get('mount') ?? '', response)
    if (method === 'PATCH') return this.#take(name, { request, response })
    if (method === 'PUT') return this.#finish(name, { digest, request, response })
    return reply(response, 404)
  }

  async #has(digest: string): Promise<boolean> {
    return this.#blobs.has(digest) || !(await this.#wants(digest))
  }

  async #tell(digest: string, response: ServerResponse): Promise<void> {
    if (!(await this.#has(digest))) return reply(response, 404)
    const size = String(this.#blobs.get(digest)?.size ?? 1)
    return reply(response, 200, { 'Docker-Content-Digest': digest, 'Content-Length': size })
  }

  /** `mount`: a layer that it pushed under another name before, which may be here as well. */
  async #begin(mount: string, response: ServerResponse): Promise<void> {
    if (mount !== '' && (await this.#has(mount))) {
      return reply(response, 201, {
        'Docker-Content-Digest': mount,
        Location: `/v2/x/blobs/${mount}`,
      })
    }
    this.#count += 1
    return reply(response, 202, uploadHeaders(String(this.#count), 0))
  }

  async #take(name: string, { request, response }: Exchange): Promise<void> {
    if (this.#uploads.has(name)) return reply(response, 400)
    const blob = await this.#spool.take(request)
    this.#uploads.set(name, blob)
    return reply(response, 202, uploadHeaders(name, blob.size))
  }

  /** What was sent before, or comes with this. */
  async #finish(name: string, { digest, request, response }: Exchange & { digest: string }) {
    const blob = this.#uploads.get(name) ?? (await this.#spool.take(request))
    this.#uploads.delete(name)
    if (blob.digest !== digest) return reply(response, 400)
    this.#blobs.set(digest, blob)
    return reply(response, 201, {
      'Docker-Content-Digest': digest,
      Location: `/v2/x/blobs/${digest}`,
    })
  }

  async #takeManifest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await read(request)
    const manifest = readManifest(JSON.parse(content.toString('utf8')))
    if (manifest !== undefined) this.#manifests.push(manifest)
    return reply(response, 201, { 'Docker-Content-Digest': digestOf(content) })
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

function uploadHeaders(name: string, size: number): Record<string, string> {
  return {
    Location: `/v2/x/blobs/uploads/${name}`,
    'Docker-Upload-UUID': name,
    Range: `0-${Math.max(0, size - 1)}`,
  }
}

function reply(response: ServerResponse, code: number, headers: Record<string, string> = {}): void {
  if (response.headersSent) return
  const version = { 'Docker-Distribution-Api-Version': 'registry/2.0' }
  const length = 'Content-Length' in headers ? {} : { 'Content-Length': '0' }
  response.writeHead(code, { ...version, ...length, ...headers }).end()
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MANIFEST_MAX_BYTES) throw new Error('the manifest is too long')
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

/** An index of several has neither. */
function readManifest(written: unknown): Manifest | undefined {
  const it = written as { config?: Descriptor; layers?: readonly Descriptor[] }
  if (it.config?.digest === undefined || it.layers === undefined) return undefined
  return { config: it.config.digest, layers: it.layers.map(({ digest = '' }) => digest) }
}

interface Descriptor {
  readonly digest?: string
}
