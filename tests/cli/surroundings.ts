import { PassThrough, Writable } from 'node:stream'
import type { Interrupt, Surroundings } from '../../src/cli/machine/surroundings.ts'

type Stream = Writable & { isTTY?: boolean; text: () => string }

export interface FakeSurroundings extends Surroundings {
  readonly stdout: Stream
  readonly stderr: Stream
  /** Presses Ctrl-C, or the like. */
  readonly interrupt: (signal: Interrupt) => void
  /** The codes with which the process was left at once. */
  readonly left: number[]
  readonly uncaught: (error: unknown) => void
}

/** A process that is none, for tests of what the command line says and ends with. */
export function fakeSurroundings(
  argv: readonly string[],
  over: Partial<Pick<Surroundings, 'env' | 'directory'>> & { readonly terminal?: boolean } = {},
): FakeSurroundings {
  const listeners: [Interrupt, () => void][] = []
  const left: number[] = []
  const uncaught: ((error: unknown) => void)[] = []
  const isTTY = over.terminal === true
  return {
    argv,
    env: over.env ?? {},
    directory: over.directory ?? '/',
    stdin: Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream,
    stdout: stream(isTTY),
    stderr: stream(isTTY),
    version: '1.2.3',
    program: '/usr/bin/belay',
    onInterrupt: (signal, listener) => void listeners.push([signal, listener]),
    onUncaught: (listener) => void uncaught.push(listener),
    uncaught: (error) => {
      for (const listener of uncaught) listener(error)
    },
    leave: (code) => void left.push(code),
    left,
    interrupt: (signal) => {
      for (const [name, listener] of listeners) if (name === signal) listener()
    },
  }
}

function stream(isTTY: boolean): Stream {
  const chunks: string[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString())
      done()
    },
  })
  return Object.assign(sink, { isTTY, text: () => chunks.join('') })
}
