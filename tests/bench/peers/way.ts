import type { Server } from '../../lab/server.ts'
import type { Release } from './app.ts'

/** Where a release is deployed to, and how the servers are reached. */
export type Ground = {
  readonly servers: readonly Server[]
  /** Given to `ssh -F`: another one, and the same servers are far away. */
  readonly sshConfig: string
  /** A folder for what a user would have beside the app. */
  readonly folder: string
  /** The command as it is shipped. */
  readonly belay: string
}

export type Command = {
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** One way of bringing a release to servers: a tool, or what people do without one. */
export type Way = {
  readonly name: string
  /** What it does here, for the page. */
  readonly about: string
  /** What its servers need before the first deployment. */
  readonly prepare?: (ground: Ground) => Promise<void>
  /** Writes the user's files for this release; resolves to the command that deploys it. */
  readonly deploy: (ground: Ground, release: Release) => Promise<Command>
}

/** A way that cannot be measured here, and why. */
export class NotMeasured extends Error {}
