import type { Role } from '../../base/words.ts'

/** What `belay init` can see before it asks anything. */
export interface InitFacts {
  readonly model: InitModel
  /** Each service's role and why it looks like that, as the renderer guesses it. */
  readonly roles: Readonly<Record<string, { readonly role: Role; readonly because: string }>>
  /** Relative to the new file; absent when compose finds it by its usual name. */
  readonly composeFile?: string
  /** The folder's own name. */
  readonly folder: string
  /** The branch that is checked out. */
  readonly branch?: string
  /** What the compose file takes from outside and has no default for. */
  readonly variables?: readonly string[]
  /** Names of the files beside it. */
  readonly files: readonly string[]
}

/** As much of the canonical compose model as is looked at here. */
export interface InitModel {
  readonly name?: string
  readonly services: Readonly<Record<string, InitService>>
}

export interface InitService {
  readonly image?: string
  readonly ports?: readonly {
    readonly target: number
    readonly published?: string
    readonly protocol?: string
  }[]
  readonly expose?: unknown
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
}
