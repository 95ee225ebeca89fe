import type { BackupTarget } from '../config/pipeline/backup-target.ts'
import type { BackupProof, BackupWay, RestoreWay, TrialWay } from '../plan/backup.ts'

/** What a host has to do with one thing that is backed up: data, carried out by the kit. */
export interface Recipe {
  readonly how: BackupWay
  /** Prints about how many bytes there are to back up; none where only a look at all of it tells. */
  readonly size?: string
}

/** How it is put back, and how that is shown. */
export interface RestoreRecipe {
  readonly how: RestoreWay
  /** For the same container's shell; prints what a person can make sense of. */
  readonly check?: string
}

/**
 * A kind of data that can be backed up. It says what is to be run and never runs it. Scripts are for
 * the shell of the container itself, where the programs of the right version are, and passwords: those
 * are taken from the container's own environment, and stand on no command line.
 */
export interface Backup<Target extends BackupTarget> {
  readonly kind: Target['kind']
  /** What its files end with: anybody can unpack them without Belay. */
  readonly ending: 'sql.gz' | 'rdb.gz' | 'tar.gz'
  /** What shows that a backup is whole. */
  readonly proof: BackupProof
  /** In words: `the database shop of db`. */
  readonly title: (target: Target) => string
  readonly recipe: (target: Target) => Recipe
  readonly restore: (target: Target) => RestoreRecipe
  readonly trial: (target: Target) => TrialWay
}

export function defineBackup<Target extends BackupTarget>(backup: Backup<Target>): Backup<Target> {
  return backup
}

/**
 * Sets `name` to the first of these variables that is not empty, in the container's shell; of each
 * there may be one with `_FILE`, as the official images take secrets.
 */
export function firstOf(name: string, variables: readonly string[], otherwise = ''): string {
  const looks = variables.flatMap((variable) => [
    `[ -n "$${name}" ] || ${name}=\${${variable}-}`,
    `[ -n "$${name}" ] || [ -z "\${${variable}_FILE-}" ] || ${name}=$(cat "$${variable}_FILE")`,
  ])
  return [`${name}=`, ...looks, `[ -n "$${name}" ] || ${name}=${otherwise}`].join('\n')
}
