import type { Writable } from 'node:stream'
import type { OutputStream } from '../output/sink.ts'

export type Interrupt = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** What the command line has of the process that it runs in; tests bring their own. */
export interface Surroundings {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly directory: string
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Writable & OutputStream
  readonly stderr: Writable & OutputStream
  readonly version: string
  /** The file that runs. */
  readonly program: string
  readonly onInterrupt: (signal: Interrupt, listener: () => void) => void
  /** Errors that nobody caught. */
  readonly onUncaught: (listener: (error: unknown) => void) => void
  /** Ends the process at once. */
  readonly leave: (code: number) => void
}

/** The real ones. */
export function surroundingsOf(host: NodeJS.Process, version: string): Surroundings {
  return {
    argv: host.argv.slice(2),
    env: host.env,
    directory: host.cwd(),
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    version,
    program: host.argv[1] ?? '',
    onInterrupt: (signal, listener) => void host.on(signal, listener),
    onUncaught: (listener) => void host.on('uncaughtException', listener),
    leave: (code) => host.exit(code),
  }
}
