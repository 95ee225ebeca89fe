import type { JournalEntry } from '../../hosts/host.ts'

export interface RunSummary {
  readonly run: string
  /** When it ended, or was last heard of, by the host's clock: ISO 8601. */
  readonly at: string
  readonly purpose: string
  readonly release: string
  /** Of a run that wrote no end: `rolled-back`, `confirmed`, `under-way`, or `cut-off`. */
  readonly outcome: string
  readonly owner: string
  readonly durationMs: number | null
  readonly text: string
  /** What was backed up before it changed anything. */
  readonly backups?: readonly string[]
  /** Hosts whose journals tell of it. */
  readonly hosts: readonly string[]
}

/** One host's journal, the oldest entry first. */
export interface Journal {
  readonly host: string
  readonly entries: readonly JournalEntry[]
  /** The run that holds the lease there now. */
  readonly underWay: string | undefined
}

/** All runs that the journals tell of, the newest first. A run's own word on its end counts most. */
export function runsIn(journals: readonly Journal[]): RunSummary[] {
  const told = journals.map(toldBy)
  const runs = new Map<string, Heard>()
  for (const [run, heard] of told.flatMap((each) => [...each])) {
    const known = runs.get(run)
    const at = [known?.summary.at ?? '', heard.summary.at].sort().at(-1)
    runs.set(run, merged(known, heard, at))
  }
  const order = newestFirst(
    told.map((each) => [...each.keys()].reverse()),
    (run) => runs.get(run)?.summary.at ?? '',
  )
  return order.flatMap((run) => runs.get(run)?.summary ?? [])
}

/** What one journal tells of each run, in the order in which it first tells of them. */
function toldBy(journal: Journal): ReadonlyMap<string, Heard> {
  const runs = new Map<string, Heard>()
  for (const heard of heardFrom(journal)) {
    const { run, at } = heard.summary
    runs.set(run, merged(runs.get(run), heard, at))
  }
  return runs
}

/**
 * Lists of runs, each with the newest first, as one. Wherever a host knows which of two came first,
 * that counts: its clock may have jumped in between. Clocks are asked only for runs of which no host
 * has both.
 */
function newestFirst(
  lists: readonly (readonly string[])[],
  at: (run: string) => string,
): readonly string[] {
  const all: string[] = []
  for (let left = lists; ; left = left.map((list) => list.filter((run) => run !== all.at(-1)))) {
    const heads = left.flatMap(([run]) => run ?? [])
    const free = heads.filter((run) => left.every((list) => list.indexOf(run) <= 0))
    const [next] = (free.length > 0 ? free : heads).toSorted(
      (a, b) => at(b).localeCompare(at(a)) || b.localeCompare(a),
    )
    if (next === undefined) return all
    all.push(next)
  }
}

/** What one entry says of a run, and whose word on its end that is: nobody's, another's, its own. */
interface Heard {
  readonly summary: RunSummary
  readonly weight: 0 | 1 | 2
}

function heardFrom({ host, entries, underWay }: Journal): Heard[] {
  const byEpoch = new Map<number, string>()
  return entries.flatMap((entry) => {
    const { epoch, note } = entry
    // Who decides for a deployer that is gone knows its epoch, and not what it called the run.
    const run = textIn(note.run) || (note.type === 'decided' ? (byEpoch.get(epoch) ?? '') : '')
    if (run === '') return []
    byEpoch.set(epoch, run)
    return [heardIn(entry, { run, host, open: run === underWay ? 'under-way' : 'cut-off' })]
  })
}

/** Journals are data: nothing in them is relied on. */
function heardIn(
  { at, note }: JournalEntry,
  { run, host, open }: { run: string; host: string; open: string },
): Heard {
  const { weight, outcome, text } = endIn(note) ?? { weight: 0, outcome: open, text: '' }
  const summary = {
    run,
    at: new Date(at * 1000).toISOString(),
    purpose: textIn(note.purpose),
    release: textIn(note.release),
    outcome,
    owner: textIn(note.owner),
    durationMs: typeof note.durationMs === 'number' ? note.durationMs : null,
    text,
    ...backupsIn(note),
    hosts: [host],
  }
  return { summary, weight }
}

interface End {
  readonly weight: 1 | 2
  readonly outcome: string
  readonly text: string
}

function endIn(note: JournalEntry['note']): End | undefined {
  if (note.type === 'run-finished') {
    return { weight: 2, outcome: textIn(note.outcome), text: textIn(note.text) }
  }
  if (note.type === 'decided' && note.decision === 'rollback') {
    const by = textIn(note.by) || 'another'
    const text = `nothing more was heard of it: ${by} put back what was before it`
    return { weight: 1, outcome: 'rolled-back', text }
  }
  if (note.type !== 'recovered') return undefined
  return note.wish === 'commit'
    ? { weight: 1, outcome: 'confirmed', text: 'it was cut off; the next run finished it' }
    : { weight: 1, outcome: 'rolled-back', text: 'it was cut off; the next run put it back' }
}

function backupsIn({ backups }: JournalEntry['note']): Pick<RunSummary, 'backups'> {
  if (!Array.isArray(backups)) return {}
  const names = backups.filter((each) => typeof each === 'string')
  return names.length === 0 ? {} : { backups: names }
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Other entries fill in what the weightier one leaves open. */
function merged(known: Heard | undefined, heard: Heard, at = heard.summary.at): Heard {
  if (known === undefined) return heard
  const [{ summary: main, weight }, { summary: other }] =
    heard.weight >= known.weight ? [heard, known] : [known, heard]
  const summary = {
    ...main,
    at,
    purpose: main.purpose || other.purpose,
    release: main.release || other.release,
    owner: main.owner || other.owner,
    hosts: [...new Set([...main.hosts, ...other.hosts])].sort(),
  }
  return { summary, weight }
}
