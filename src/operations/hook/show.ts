import { readInstalled } from '../../triggers/push/installed.ts'
import type { World } from '../world.ts'
import { hookBusy, hookMissing } from './failures.ts'
import { type HookReport, type HookTarget, onTarget, reportOf } from './install.ts'

/** What is installed, and what came of the last pushes. */
export function showHook(world: World, target: HookTarget): Promise<HookReport> {
  return found(world, target, async (report) => report)
}

/** Takes the repository, its hooks and its keys away; the file of values stays, and what serves. */
export function removeHook(
  world: World,
  target: HookTarget,
  { agree }: { agree: (report: HookReport) => Promise<boolean> },
): Promise<HookReport | undefined> {
  return found(world, target, async (report, ask) => {
    if (report.isBusy) throw hookBusy({ host: report.host })
    if (!(await agree(report))) return undefined
    if ((await ask('remove')) === 'busy') throw hookBusy({ host: report.host })
    return { ...report, state: 'removed' }
  })
}

function found<T>(
  world: World,
  target: HookTarget,
  act: (report: HookReport, ask: (verb: string) => Promise<string>) => Promise<T>,
): Promise<T> {
  return onTarget(world, target, async (server, address) => {
    const look = await server.look()
    const hook = look.state === 'ours' ? readInstalled(look.settings ?? '') : undefined
    if (hook === undefined) {
      throw hookMissing({ host: server.name, repository: look.repository })
    }
    return act(reportOf({ look, hook, address, state: 'found', key: null }), server.ask)
  })
}
