import { resolve } from 'node:path'
import type { Here } from '../../checks/check.ts'
import type { Plan } from '../../plan/plan.ts'
import type { CheckSpec, Release } from '../../plan/release.ts'
import type { World } from '../world.ts'

/**
 * What a release is asked in a run of this purpose. When a database is exchanged, an app may well
 * have written that it was gone for a moment: no sign that it does not work now. And an old release
 * may name a program that a newer checkout has no more: nobody could go back if that counted.
 */
export async function provable(
  world: Pick<World, 'workstation' | 'tell'>,
  release: Release,
  { purpose, here }: { purpose: Plan['purpose']; here: Here },
): Promise<Release> {
  const told =
    purpose === 'base' ? release.checks.filter(({ kind }) => kind !== 'logs') : release.checks
  const isGone = await Promise.all(told.map((check) => isGoneHere(world, check, here)))
  for (const [n, { settings }] of told.entries()) {
    if (isGone[n] !== true) continue
    const text = `${release.id} was to be asked by ${String(settings.path)}, which is not here any more`
    world.tell({ type: 'warning', code: 'SCRIPT_GONE', text })
  }
  return { ...release, checks: told.filter((_, n) => isGone[n] !== true) }
}

async function isGoneHere(
  { workstation }: Pick<World, 'workstation'>,
  { kind, settings }: CheckSpec,
  { directory }: Here,
): Promise<boolean> {
  if (kind !== 'script') return false
  return (await workstation.kindOf(resolve(directory, String(settings.path)))) !== 'file'
}
