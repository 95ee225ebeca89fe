import { join } from 'node:path/posix'
import type { Busy } from '../../config/pipeline/hook.ts'

/** What `belay hook install` left beside the repository for its hooks to read. */
export interface InstalledHook {
  readonly format: 1
  /** The trigger that reads what arrives. */
  readonly kind: string
  readonly app: string
  readonly environment: string
  readonly branch: string
  /** This server, by its name in `belay.yaml`. */
  readonly host: string
  /** From the repository's root to the folder of `belay.yaml`; empty at the root. */
  readonly folder: string
  /** The name of `belay.yaml`. */
  readonly file: string
  readonly busy: Busy
  /** Belay's own version there, and the hash of the program. */
  readonly version: string
  readonly program: string
}

/** Where everything of a repository that is deployed from lies. */
export function placesIn(repository: string) {
  const folder = join(repository, 'belay')
  return {
    folder,
    settings: join(folder, 'hook.json'),
    program: join(folder, 'belay.mjs'),
    node: join(folder, 'node'),
    lock: join(folder, 'lock'),
    logs: join(folder, 'logs'),
    checkout: join(folder, 'checkout'),
    /** The environment's values: outside of the repository, so that they outlive it. */
    values: `${repository.replace(/\.git$/, '')}.env`,
  } as const
}

export type Places = ReturnType<typeof placesIn>

export function writeInstalled(hook: InstalledHook): string {
  return `${JSON.stringify(hook, null, 2)}\n`
}

/** Undefined where it is not one that this version can read. */
export function readInstalled(text: string): InstalledHook | undefined {
  try {
    const hook = JSON.parse(text) as Partial<InstalledHook> | null
    const words = [
      hook?.kind,
      hook?.app,
      hook?.environment,
      hook?.branch,
      hook?.host,
      hook?.folder,
      hook?.file,
    ]
    const isWhole = hook?.format === 1 && words.every((word) => typeof word === 'string')
    return isWhole ? (hook as InstalledHook) : undefined
  } catch {
    return undefined
  }
}

/** `~/belay/shop/production.git`, as it is spelled before the home is known. */
export function defaultRepository(home: string, of: { app: string; environment: string }): string {
  return join(home, 'belay', of.app, `${of.environment}.git`)
}
