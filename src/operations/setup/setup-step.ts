/** One thing that a server should have. */
export type SetupStep = {
  /** A permanent word for programs. */
  readonly about: 'docker' | 'compose' | 'boot' | 'logs' | 'deploy-user' | 'folder' | 'firewall'
  readonly what: string
  /** Why it is wanted; for what is left or cannot be, what a person can do. */
  readonly because: string
} & (
  | { readonly state: 'there' | 'left' | 'cannot' }
  | { readonly state: 'do'; readonly acts: readonly SetupAct[] }
)

/** A verb of `server.sh`, run as root. */
export interface SetupAct {
  readonly verb: string
  readonly words: readonly string[]
  readonly input: string
}
