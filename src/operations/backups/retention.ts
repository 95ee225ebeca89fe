import type { BackupRules } from '../../config/pipeline/backup-target.ts'
import { type BackupRecord, newestFirst } from '../../plan/backup.ts'
import type { Observed } from '../../plan/observed.ts'

/**
 * Backups that have had their time. Of each thing these stay, however old: as many as are asked for,
 * the newest that is whole, and those that going back to a kept release would restore.
 */
export function outlived(
  { backups, releases, facts }: Pick<Observed, 'backups' | 'releases' | 'facts'>,
  { keepMs, keepAtLeast }: Pick<BackupRules, 'keepMs' | 'keepAtLeast'>,
): string[] {
  const kept = new Set(releases.map(({ id }) => id))
  const oldest = facts.clock - keepMs / 1000
  return [...byName(backups).values()].flatMap((own) => {
    const newest = own.toSorted(newestFirst)
    const whole = newest.find(({ damaged, verified }) => !damaged && verified !== undefined)
    const wanted = new Set([...newest.slice(0, keepAtLeast), ...(whole ? [whole] : [])])
    for (const release of kept) {
      const [last] = newest.filter(({ about }) => isWayBack(about, release))
      if (last !== undefined) wanted.add(last)
    }
    return newest.filter((each) => !wanted.has(each) && each.takenAt < oldest).map(({ id }) => id)
  })
}

/** The data as a release left it, when another took its place. */
export function isWayBack({ purpose, release }: BackupRecord['about'], to: string): boolean {
  return purpose === 'deploy' && release === to
}

function byName(backups: readonly BackupRecord[]): Map<string, BackupRecord[]> {
  const names = new Map<string, BackupRecord[]>()
  for (const each of backups)
    names.set(each.about.name, [...(names.get(each.about.name) ?? []), each])
  return names
}
