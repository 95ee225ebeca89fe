/** What is known of a backup when it is begun. It lies beside it on the host, as JSON. */
export interface BackupAbout {
  /** What `belay.yaml` calls it: the same from backup to backup. */
  readonly name: string
  /** `postgres`, `volume`, …: `backups/index.ts` knows them. */
  readonly kind: string
  /** In words, for lists: `the database shop of db`. */
  readonly title: string
  readonly app: string
  readonly environment: string
  /** The run that made it. */
  readonly run: string
  readonly purpose: 'deploy' | 'base' | 'by-hand' | 'safety'
  /** The release that served then: the data is as that one left it. */
  readonly release?: string
  /** The release that it was made for. */
  readonly before?: string
}

/** One backup, as its host knows it. */
export interface BackupRecord {
  /** Says when and what: `20261121-153012-db`. */
  readonly id: string
  readonly about: BackupAbout
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  /** Seconds since 1970, by the host's clock. */
  readonly takenAt: number
  /** When it was last read back whole, and how. */
  readonly verified?: { readonly at: number; readonly how: 'read' | 'restore' }
  /** Its file is not there, or has another size by now. */
  readonly damaged: boolean
}

/** What shows that a backup is whole, beside its packing's own check. */
export type BackupProof =
  /** Its last lines have this text. */
  | { readonly kind: 'ends'; readonly text: string }
  | { readonly kind: 'begins'; readonly text: string }
  /** It is a tar, which can be listed to its end. */
  | { readonly kind: 'tar' }

/** How a host makes a backup; a kind in `backups/` says which. */
export type BackupWay =
  /** What a script prints, in the container's own shell. */
  | { readonly way: 'script'; readonly script: string }
  /** A database file and what lies beside it; halts what writes to it unless it can copy itself. */
  | { readonly way: 'file'; readonly path: string }
  | { readonly way: 'volume'; readonly volume: string; readonly pause: boolean }

/** How a host puts a backup back; a kind in `backups/` says which. */
export type RestoreWay =
  /** A script of the container's own shell reads it. `keepsOld`: what is there goes only at the end. */
  | { readonly way: 'script'; readonly script: string; readonly keepsOld: boolean }
  | { readonly way: 'file'; readonly path: string }
  | { readonly way: 'volume'; readonly volume: string }

/** How a host tries a backup out, in a throw-away container of the same image. */
export type TrialWay =
  /**
   * A script there reads the dump and dumps it again: both must have as many rows in each table. First it
   * reads what `before` prints in the app's own container, such as who owns things.
   */
  | { readonly way: 'rows'; readonly before: string; readonly script: string }
  /** A script there reads it, compares it itself, and prints what it found. */
  | { readonly way: 'load'; readonly script: string }
  | { readonly way: 'file'; readonly path: string }
  | { readonly way: 'volume'; readonly volume: string }

/** What is needed to put one back. */
export interface Restoring {
  readonly container: string
  readonly how: RestoreWay
  readonly proof: BackupProof
  readonly graceSeconds: number
}

/** The newest first. */
export function newestFirst(a: BackupRecord, b: BackupRecord): number {
  return b.takenAt - a.takenAt || b.id.localeCompare(a.id)
}
