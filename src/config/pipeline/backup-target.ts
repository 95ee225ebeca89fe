/** What is backed up: `backups/index.ts` knows the kinds. */
export type BackupTarget = PostgresTarget | MysqlTarget | RedisTarget | SqliteTarget | VolumeTarget

export interface PostgresTarget {
  readonly kind: 'postgres'
  /** Told apart by this, in the list of backups too. */
  readonly name: string
  readonly service: string
  /** What the container's own environment says where these are left out. */
  readonly database?: string
  readonly user?: string
  readonly passwordVariable?: string
  /** Asked after a restore; it must give an answer. */
  readonly check?: string
}

export interface MysqlTarget extends Omit<PostgresTarget, 'kind'> {
  readonly kind: 'mysql'
}

export interface RedisTarget {
  readonly kind: 'redis'
  readonly name: string
  readonly service: string
  readonly passwordVariable?: string
}

export interface SqliteTarget {
  readonly kind: 'sqlite'
  readonly name: string
  readonly service: string
  /** Of the file, inside the container. */
  readonly path: string
}

export interface VolumeTarget {
  readonly kind: 'volume'
  readonly name: string
  /** As in the compose file. */
  readonly volume: string
  /** Whatever writes to it is halted while it is copied. */
  readonly pause: boolean
}

/** How backups are made, and for how long they are kept. */
export interface BackupRules {
  readonly keepMs: number
  readonly keepAtLeast: number
  /** Without one a deployment does not begin. */
  readonly required: boolean
  readonly timeoutSeconds: number
  /** What is done with one after it was written: read, or also restored where nobody sees it. */
  readonly verify: 'read' | 'restore'
}
