import type { Duplex } from 'node:stream'
import type { Scope } from '../host.ts'
import type { Ended } from '../process.ts'
import type { Session } from './session.ts'

/** How this process gets at a host: over SSH, or directly where it is this machine. */
export interface Link {
  /** Opens the link and sees the kit installed; the session's first answer is there. */
  open(scope: Scope, signal?: AbortSignal): Promise<Session>
  /** Runs a program beside the session. */
  run(argv: readonly string[], options: SideOptions): Promise<Ended>
  /** Runs a program beside the session with this process's terminal. */
  attach(argv: readonly string[], options: { readonly tty: boolean }): Promise<number>
  /** A program's standard streams as one stream; destroying it ends the program. */
  pipe(argv: readonly string[]): Promise<Pipe>
  /** Where to connect to, on this machine, to arrive at the target. */
  wayTo(target: Target): Promise<Way>
  /** Why a connection that was made by `wayTo` went away before anything came back. */
  whyClosed(target: Target): Promise<'refused' | 'forbidden' | 'unknown'>
  /** What the link itself said last: ssh's own words. */
  lastWords(): readonly string[]
  close(): Promise<void>
}

/** What is run on the host to get a session, and the kit's own bytes for a host that lacks them. */
export interface KitStart {
  readonly command: (scope: Scope) => readonly string[]
  readonly bytes: Uint8Array
}

export interface SideOptions {
  readonly input?: Uint8Array | NodeJS.ReadableStream
  readonly timeoutMs: number
  readonly onLine?: (line: string) => void
  readonly signal?: AbortSignal
}

export interface Pipe {
  readonly stream: Duplex
  /** Resolves when the program has ended. */
  readonly ended: Promise<{ readonly code: number; readonly stderr: string }>
}

/** An address on the host: a Unix socket, or a port of its loopback or of what it reaches. */
export type Target =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'port'; readonly port: number; readonly address?: string }

/** An address on this machine. */
export type Way =
  | { readonly path: string; readonly isForward: boolean }
  | { readonly host: string; readonly port: number; readonly isForward: false }
