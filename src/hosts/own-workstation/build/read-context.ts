import type { BuildContext, ContextRequest } from '../../workstation.ts'
import type { Machine } from '../machine.ts'
import { hashBuildContext, isElsewhere } from './build-context.ts'
import { commitContext, type Context } from './commit-context.ts'

/** What a build would see, by its hash: as the commit has it, wherever there is one. */
export async function readBuildContext(
  machine: Machine,
  { folder, recipe, asItLies }: ContextRequest,
): Promise<BuildContext> {
  const context = { folder, recipe }
  if (isElsewhere(folder)) return asFolder(context, 'elsewhere')
  const committed = await commitContext(machine, context)
  if (typeof committed === 'string') return asFolder(context, committed)
  const { dirty, hash, ...commit } = committed
  if (asItLies && dirty.length > 0) return { ...(await asFolder(context, 'asked')), dirty }
  return { hash, dirty, from: { kind: 'commit', ...commit } }
}

async function asFolder(
  { folder, recipe }: Context,
  because: Extract<BuildContext['from'], { kind: 'folder' }>['because'],
): Promise<BuildContext> {
  const hash = await hashBuildContext(folder, recipe)
  return { hash, dirty: [], from: { kind: 'folder', because } }
}
