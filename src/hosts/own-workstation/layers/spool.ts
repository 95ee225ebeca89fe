import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Blob, Piece } from '../../shipping/layers.ts'

/** What is in memory of each layer that comes in; and what a cut connection costs at most. */
const PIECE_BYTES = 4 * 1024 * 1024
const PREFIX = 'belay-layers.'

/** A folder of this machine in which layers wait until all hosts have them. */
export class Spool {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<Spool> {
    await removeDead()
    return new Spool(await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}.`)))
  }

  /** Cuts a stream into pieces at the same places every time, so that a second attempt knows them. */
  async take(stream: AsyncIterable<Uint8Array>): Promise<Blob> {
    const whole = createHash('sha256')
    const pieces: Piece[] = []
    let size = 0
    for await (const bytes of piecesOf(stream)) {
      whole.update(bytes)
      size += bytes.length
      pieces.push(await this.#keep(bytes))
    }
    return { digest: `sha256:${whole.digest('hex')}`, size, pieces }
  }

  async #keep(bytes: Uint8Array): Promise<Piece> {
    const name = createHash('sha256').update(bytes).digest('hex')
    const path = join(this.#folder, name)
    await writeFile(path, bytes)
    return { name, size: bytes.length, path }
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }
}

async function* piecesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    let rest = chunk
    while (size + rest.length >= PIECE_BYTES) {
      const end = PIECE_BYTES - size
      yield Buffer.concat([...parts, rest.subarray(0, end)])
      rest = rest.subarray(end)
      parts = []
      size = 0
    }
    parts.push(rest)
    size += rest.length
  }
  if (size > 0) yield Buffer.concat(parts)
}

/** What a deployer that was killed left behind. */
async function removeDead(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  const dead = names.filter((name) => name.startsWith(PREFIX) && !isAlive(pidIn(name)))
  await Promise.all(
    dead.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})),
  )
}

function pidIn(name: string): number {
  return Number(name.slice(PREFIX.length).split('.')[0])
}

/** One that we may not signal is alive too. */
export function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
