import { open, readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { isAlive } from './detach.ts'

const LOOK_MS = 100

export interface Followed {
  readonly log: string
  /** Holds the exit code once it is over. */
  readonly ended: string
  readonly pid: number
}

/** Hands on what a detached program prints until it has ended; undefined when it just vanished. */
export async function follow(
  { log, ended, pid }: Followed,
  { clock, out }: { clock: Clock; out: (bytes: Uint8Array) => void },
): Promise<number | undefined> {
  const file = await open(log, 'r')
  const buffer = Buffer.alloc(64 * 1024)
  const drain = async (): Promise<void> => {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length)
      if (bytesRead === 0) return
      out(Buffer.from(buffer.subarray(0, bytesRead)))
    }
  }
  try {
    // Bounded by the program: each of its steps has a limit of its own.
    for (;;) {
      const wasAlive = isAlive(pid)
      const code = await codeIn(ended)
      await drain()
      if (code !== undefined || !wasAlive) return code
      await clock.sleep(LOOK_MS)
    }
  } finally {
    await file.close()
  }
}

async function codeIn(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return /^\d+$/m.test(text) ? Number.parseInt(text, 10) : undefined
}
