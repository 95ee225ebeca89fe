import type { JournalEntry, JournalNote } from '../host.ts'

/**
 * `<sequence> <epoch> <boot id> <uptime> <wall clock> <check> <JSON>`; what cannot be read is left
 * out.
 */
export function readJournal(lines: readonly string[]): JournalEntry[] {
  return lines.flatMap((line) => {
    const [, sequence, epoch, at, json] = /^(\d+) (\d+) \S+ \S+ (\d+) \S+ (.*)$/.exec(line) ?? []
    const note = noteOf(json ?? '')
    if (note === undefined) return []
    return [{ sequence: Number(sequence), epoch: Number(epoch), at: Number(at), note }]
  })
}

function noteOf(json: string): JournalNote | undefined {
  try {
    const note: unknown = JSON.parse(json)
    return isNote(note) ? note : undefined
  } catch {
    return undefined
  }
}

function isNote(value: unknown): value is JournalNote {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  )
}
