import type { JournalEntry, JournalNote, Stage } from '../../../src/hosts/host.ts'
import type { BackupRecord } from '../../../src/plan/backup.ts'
import type { Instruction } from '../../../src/plan/instruction.ts'
import type {
  ArmedRun,
  Decision,
  KeptRelease,
  Lease,
  TaskRecord,
} from '../../../src/plan/observed.ts'
import type { Release } from '../../../src/plan/release.ts'
import { copyMap } from './simulated-docker.ts'

/** An answer of the kit other than "done", by its code in `src/hosts/kit/PROTOCOL.md`. */
export class Refusal extends Error {
  readonly code: number
  readonly lines: readonly string[]

  constructor(code: number, lines: readonly string[] = []) {
    super(`the kit answers ${code}`)
    this.code = code
    this.lines = lines
  }
}

export const CODE = {
  failed: 1,
  fenced: 76,
  overtaken: 77,
  held: 78,
  nothing: 80,
  unwatched: 81,
  late: 124,
} as const

export interface HeldLease {
  readonly epoch: number
  readonly bootId: string
  /** Seconds of the host's uptime. */
  readonly deadline: number
  readonly takenAt: number
  readonly owner: string
  readonly purpose: string
  readonly run: string
}

/** The one file that decides a run, under whichever name it has now. */
export interface Deciding {
  readonly state: 'pending' | 'commit' | 'rollback'
  /** Its list was carried out: it is kept so that a late question learns what was decided. */
  readonly settled: boolean
  readonly armed: ArmedRun
  readonly back: readonly Instruction[]
  readonly forward: readonly Instruction[]
}

export interface Recorded {
  readonly code: number
  readonly lines: readonly string[]
}

/** What was backed up: a text, and the schema of the database where it is one. */
export interface Copy {
  readonly id: string
  readonly text: string
  readonly schema?: number
}

/** Everything that one app in one environment has in its state folder. */
export class KitState {
  epoch = 0
  lease: HeldLease | undefined
  deciding: Deciding | undefined
  current: string | undefined
  previous: string | undefined
  readonly journal: JournalEntry[] = []
  /** Lines of the journal that cannot be read. */
  damaged: readonly number[] = []
  readonly results = new Map<string, Recorded>()
  readonly marks = new Map<string, { mark: 'good' | 'bad'; reason?: string }>()
  /** By release, by name. */
  readonly tasks = new Map<string, Map<string, TaskRecord>>()
  readonly receipts = new Map<string, string>()
  readonly logs = new Map<string, string>()
  /** Text of files by path, by release. */
  readonly folders = new Map<string, ReadonlyMap<string, string>>()
  /** What accessories' containers were made from, by the container's id. */
  readonly base = new Map<string, { readonly hash: string; readonly text: string }>()
  readonly backups = new Map<string, BackupRecord>()
  /** What backups hold, by id. */
  readonly copies = new Map<string, Copy>()
  /** Restores that were begun in a run that may go back: what was there before is in these. */
  readonly undo = new Set<string>()
  /** Restores that did not get to their end: what they are of, and where what was there is, by id. */
  readonly halves = new Map<string, { readonly of: string; readonly safety: string | null }>()
  readonly #parsed = new Map<string, Release>()

  /** Becomes like another one; what is in the maps is never changed, only replaced. */
  copy(other: KitState): void {
    this.epoch = other.epoch
    this.lease = other.lease
    this.deciding = other.deciding
    this.current = other.current
    this.previous = other.previous
    this.journal.push(...other.journal)
    for (const [release, records] of other.tasks) this.tasks.set(release, new Map(records))
    copyMap(other.results, this.results)
    copyMap(other.marks, this.marks)
    copyMap(other.receipts, this.receipts)
    copyMap(other.logs, this.logs)
    copyMap(other.folders, this.folders)
    copyMap(other.base, this.base)
    copyMap(other.backups, this.backups)
    copyMap(other.copies, this.copies)
    copyMap(other.halves, this.halves)
    for (const id of other.undo) this.undo.add(id)
    copyMap(other.#parsed, this.#parsed)
  }

  note(at: number, note: JournalNote): void {
    this.journal.push({ sequence: this.journal.length + 1, epoch: this.epoch, at, note })
  }

  /** A release's folder, whole: what was in it before is gone. */
  unpack({ release, from, files }: Stage): void {
    const decoder = new TextDecoder()
    const start = from === undefined ? [] : (this.folders.get(from) ?? [])
    const texts = files.map(({ path, content }) => [path, decoder.decode(content)] as const)
    this.folders.set(release, new Map([...start, ...texts]))
    if (from !== release) this.tasks.delete(release)
  }

  /** A file by its path from the state folder. */
  read(path: string): string | undefined {
    const record = /^base\/(.+)$/.exec(path)
    if (record !== null) {
      const known = this.base.get(record[1]!)
      return known && `${known.hash}\n${known.text}`
    }
    const parts = /^releases\/([^/]+)\/(.+)$/.exec(path)
    return parts === null ? undefined : this.folders.get(parts[1]!)?.get(parts[2]!)
  }

  releaseOf(id: string): Release | undefined {
    const text = this.folders.get(id)?.get('release.json')
    if (text === undefined) return undefined
    const known = this.#parsed.get(text) ?? (JSON.parse(text) as Release)
    this.#parsed.set(text, known)
    return known
  }

  kept(): KeptRelease[] {
    return [...this.folders.keys()].flatMap((id) => {
      const release = this.releaseOf(id)
      if (release === undefined) return []
      const { mark, reason } = this.marks.get(id) ?? { mark: 'unproved' as const }
      return [{ id, mark, release, ...(reason === undefined ? {} : { reason }) }]
    })
  }

  decision(): Decision {
    const { deciding } = this
    return deciding === undefined || deciding.settled
      ? { state: 'none' }
      : { state: deciding.state, armed: deciding.armed }
  }

  leaseSeen(host: { uptime: number; bootId: string }): Lease | undefined {
    const { lease } = this
    if (lease === undefined) return undefined
    const { epoch, owner, purpose, run } = lease
    const isOfThisBoot = lease.bootId === host.bootId
    const secondsLeft = isOfThisBoot ? lease.deadline - host.uptime : 0
    const ageSeconds = Math.max(0, host.uptime - lease.takenAt)
    return { epoch, owner, purpose, run, secondsLeft, ageSeconds }
  }

  /** No lease, one of an earlier boot, or one whose time is over. */
  hasLapsed(host: { uptime: number; bootId: string }): boolean {
    const { lease } = this
    return lease === undefined || lease.bootId !== host.bootId || host.uptime >= lease.deadline
  }
}
