import type { BackupAbout, BackupRecord } from '../../plan/backup.ts'
import type { Section } from './sections.ts'

/** `@backup <id> <size of its file now>`, and the lines that lie beside it. */
export function readBackup({ words: [id = '', size], lines }: Section): readonly BackupRecord[] {
  const facts = new Map(lines.map(splitOnce))
  const about = readAbout(facts.get('about') ?? '')
  if (about === undefined) return []
  const bytes = Number(facts.get('bytes') ?? 0)
  const [at, how] = facts.get('verified')?.split(' ') ?? []
  return [
    {
      id,
      about,
      file: facts.get('file') ?? '',
      bytes,
      sha256: facts.get('sha256') ?? '',
      takenAt: Number(facts.get('taken') ?? 0),
      ...(at === undefined
        ? {}
        : { verified: { at: Number(at), how: how === 'restore' ? 'restore' : 'read' } as const }),
      damaged: Number(size) !== bytes,
    },
  ]
}

/** Written by Belay itself; what cannot be read is no backup of ours. */
function readAbout(text: string): BackupAbout | undefined {
  try {
    const about: unknown = JSON.parse(text)
    const isAbout =
      typeof about === 'object' && about !== null && 'name' in about && 'kind' in about
    return isAbout ? (about as BackupAbout) : undefined
  } catch {
    return undefined
  }
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf(' ')
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
