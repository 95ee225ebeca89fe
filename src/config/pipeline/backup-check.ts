import type { Settings } from '../schema.ts'
import type { Problem } from '../source/problem.ts'
import { nodeAt } from '../source/tree.ts'
import type { MapTree, Tree } from '../source/tree.ts'

/** Backups that could not be told apart, and those of what has no data. */
export function backupProblems(settings: Settings, tree: MapTree): readonly Problem[] {
  const names = settings.backup.map(({ name }) => fileName(name))
  return settings.backup.flatMap((target, index) => {
    const node = nodeAt(tree, ['backup', index]) ?? tree
    const say = (text: string): Problem => ({
      at: node.at,
      path: node.path,
      text: `${node.path}: ${text}`,
    })
    const first = names.indexOf(fileName(target.name))
    const sameName = first < index ? [say(sameNameText(target.name, first))] : []
    const isJob = 'service' in target && settings.services[target.service]?.role === 'job'
    const job = isJob ? [say(`${target.service} is a job: it has ended when backups are made`)] : []
    return [...sameName, ...job]
  })
}

function sameNameText(name: string, first: number): string {
  return `its backups would be called ${name} as those of backup[${first}]; give it a name: of its own`
}

/** What of a name a file may be called. */
export function fileName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}

/** Services that are backed up, where they are written. */
export function servicesBackedUp(tree: MapTree): readonly Tree[] {
  const backup = nodeAt(tree, ['backup'])
  if (backup?.kind !== 'list') return []
  return backup.items.flatMap((target) =>
    ['postgres', 'mysql', 'redis', 'sqlite'].flatMap((kind) => {
      const node = nodeAt(target, [kind])
      const service = node?.kind === 'map' ? nodeAt(node, ['service']) : node
      return service === undefined ? [] : [service]
    }),
  )
}

/** Volumes that are backed up, where they are written. */
export function volumesBackedUp(tree: MapTree): readonly Tree[] {
  const backup = nodeAt(tree, ['backup'])
  if (backup?.kind !== 'list') return []
  return backup.items.flatMap((target) => {
    const node = nodeAt(target, ['volume'])
    const volume = node?.kind === 'map' ? nodeAt(node, ['volume']) : node
    return volume === undefined ? [] : [volume]
  })
}
