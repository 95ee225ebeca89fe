import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { runProcess } from '../../process.ts'
import type { LayeredImage, LayersRequest } from '../../workstation.ts'
import { dockerEnvironment, type Machine, runHere } from '../machine.ts'
import {
  type Blob,
  digestOf,
  isOfPacking,
  type PackedImage,
  type PackedLayers,
  PACKING,
} from '../../shipping/layers.ts'
import { type Manifest, Receiver } from './receiver.ts'
import { isAlive, Spool } from './spool.ts'

const PORT_FROM = 47_350
const PORTS = 100
const PUSH_MS = 60 * 60_000
const QUICK_MS = 30_000
/** A second push asks for what the first was told to leave out, before anyone knew what it was. */
const PUSHES = 2

/**
 * Takes those layers out of this machine's Docker that are wanted, by having it push them to us.
 * Undefined where that cannot be: a Docker on another machine, or one that keeps images otherwise.
 */
export async function packLayers(
  machine: Machine,
  request: LayersRequest,
): Promise<PackedLayers | undefined> {
  const spool = await Spool.open()
  const packing = new Packing(machine, request, spool)
  const remove = (): Promise<void> => {
    // Whoever waits for layers does not wait for this, nor compete with it: it comes when they are there.
    void packing.removeTags()
    return spool.remove()
  }
  try {
    const packed = await packing.pack()
    if (packed !== undefined) return { ...packed, remove }
  } catch (error) {
    await remove()
    throw error
  }
  await remove()
  return undefined
}

class Packing {
  readonly #machine: Machine
  readonly #request: LayersRequest
  readonly #receiver: Receiver
  readonly #tags: string[] = []
  readonly #wanted: Set<string>

  constructor(machine: Machine, request: LayersRequest, spool: Spool) {
    this.#machine = machine
    this.#request = request
    // The configuration is always needed, and an image is called by it.
    this.#wanted = new Set(request.images.map(({ id }) => id))
    const wants = async (digest: string) => this.#wanted.has(digest) || this.#isWhole()
    this.#receiver = new Receiver({ spool, wants })
  }

  async pack(): Promise<Omit<PackedLayers, 'remove'> | undefined> {
    const port = await this.#receiver.listen(PORT_FROM + ((process.getuid?.() ?? 0) % PORTS))
    const images: PackedImage[] = []
    const blobs = new Map<string, Blob>()
    try {
      for (const image of this.#request.images) {
        const found = await this.#packOne(image, port)
        if (found === undefined) return undefined
        images.push(found.image)
        for (const [layer, blob] of found.blobs) blobs.set(layer, blob)
      }
      return { images, blobs }
    } finally {
      this.#receiver.close()
    }
  }

  /** Ours, also when interrupted, and those of a deployer that was killed while it packed or sent. */
  async removeTags(): Promise<void> {
    const env = dockerEnvironment(this.#machine.env)
    const list = ['docker', 'image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']
    const { stdout } = await runProcess(list, { env, timeoutMs: QUICK_MS })
    const dead = stdout.split('\n').filter((name) => isOfPacking(name) && !isAlive(pidOf(name)))
    const tags = [...this.#tags, ...dead]
    if (tags.length > 0) await this.#quick(['rmi', '--', ...tags])
  }

  /** Then all that Docker has is wanted, and need not be asked about. */
  async #isWhole(): Promise<boolean> {
    const all = new Set(this.#request.images.flatMap(({ layers }) => layers))
    return all.size === (await this.#request.lacking).size
  }

  async #packOne(image: LayeredImage, port: number) {
    const tag = `127.0.0.1:${port}/${PACKING}:${process.pid}-${randomBytes(6).toString('hex')}`
    if (!(await this.#quick(['tag', '--', image.reference, tag]))) return undefined
    this.#tags.push(tag)
    for (let pushes = 0; pushes < PUSHES; pushes++) {
      if (!(await this.#push(tag))) return undefined
      const [manifest, ...more] = this.#receiver.takeManifests()
      if (manifest === undefined || more.length > 0) return undefined
      const found = await this.#read(manifest, image)
      if (found === 'unfit') return undefined
      if (found !== 'incomplete') return found
    }
    return undefined
  }

  async #read(manifest: Manifest, { reference, id, layers }: LayeredImage) {
    if (manifest.layers.length !== layers.length) return 'unfit'
    const { blobs } = this.#receiver
    const lacking = await this.#request.lacking
    const wanted = layers.flatMap((layer, index) =>
      lacking.has(layer) ? [[layer, manifest.layers[index] ?? ''] as const] : [],
    )
    for (const digest of [manifest.config, ...wanted.map(([, digest]) => digest)]) {
      if (!blobs.has(digest)) this.#wanted.add(digest)
    }
    const kept = blobs.get(manifest.config)
    const isComplete = wanted.every(([, digest]) => blobs.has(digest))
    if (kept === undefined || !isComplete) return 'incomplete'
    const config = Buffer.concat(await Promise.all(kept.pieces.map(({ path }) => readFile(path))))
    if (!isConfigOf(config, layers) || digestOf(config) !== id) return 'unfit'
    const image: PackedImage = { reference, id, config, layers }
    return { image, blobs: new Map(wanted.map(([layer, digest]) => [layer, blobs.get(digest)!])) }
  }

  /** Not ended by an interrupt: it is over soon, and is what clears up. */
  async #quick(words: readonly string[]): Promise<boolean> {
    const env = dockerEnvironment(this.#machine.env)
    return isDone(await runProcess(['docker', ...words], { env, timeoutMs: QUICK_MS }))
  }

  async #push(tag: string): Promise<boolean> {
    const what = 'taking layers out of Docker'
    const env = dockerEnvironment({ ...this.#machine.env, DOCKER_CONTENT_TRUST: '0' })
    const words = ['docker', 'push', '-q', '--', tag]
    return isDone(await runHere(this.#machine, words, { what, env, timeoutMs: PUSH_MS }))
  }
}

function isDone({ code, how }: { code: number; how: string }): boolean {
  return how === 'exit' && code === 0
}

function isConfigOf(config: Uint8Array, layers: readonly string[]): boolean {
  const written = JSON.parse(Buffer.from(config).toString('utf8')) as {
    rootfs?: { diff_ids?: readonly string[] }
  }
  return written.rootfs?.diff_ids?.join() === layers.join()
}

function pidOf(tag: string): number {
  return Number(/:(\d+)-[0-9a-f]+$/.exec(tag)?.[1] ?? 0)
}
