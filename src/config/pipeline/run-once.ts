/** A command that runs once for a release, in a container of its own made from this service. */
export interface TaskConfig {
  readonly service: string
  /** One argv. */
  readonly run: readonly string[]
  readonly timeoutMs: number
  /** The first line of the command where nobody gave it a name. */
  readonly name: string
}

/** How a release brings the database to the schema that it needs. */
export interface MigrateConfig extends TaskConfig {
  /** Takes it back; none where that cannot be done. */
  readonly undo?: readonly string[]
  /** Prints which schema the database has. */
  readonly version?: readonly string[]
}
