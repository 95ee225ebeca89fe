import type { Host } from '../../hosts/host.ts'
import { ownEnvironment, startDetached } from '../../hosts/pushes/detach.ts'
import { follow } from '../../hosts/pushes/follow.ts'
import { isHeld } from '../../hosts/pushes/lock.ts'
import type { Environment } from '../../hosts/process.ts'
import type { ConfigFiles } from '../../config/source/files.ts'
import { triggerOf } from '../../triggers/index.ts'
import { type InstalledHook, type Places, placesIn } from '../../triggers/push/installed.ts'
import { readInstalled } from '../../triggers/push/installed.ts'
import type { Wish } from '../../triggers/trigger.ts'
import type { World } from '../world.ts'
import { pushRefused, pushUnreadable } from './failures.ts'

/** What git's hooks are called with, on the server. */
export interface Receiving {
  readonly repository: string
  /** What git says on standard input: a line for each ref. */
  readonly lines: string
  readonly env: Environment
  readonly files: ConfigFiles
  /** What the pusher sees, as it comes. */
  readonly out: (text: string | Uint8Array) => void
}

/** A repository that was installed, with its settings. */
export interface OpenedHook {
  readonly hook: InstalledHook
  readonly places: Places
}

export function openHook({
  repository,
  files,
}: Pick<Receiving, 'repository' | 'files'>): OpenedHook {
  const places = placesIn(repository)
  const found = files.read(places.settings)
  const hook = found.kind === 'text' ? readInstalled(found.text) : undefined
  if (hook !== undefined) return { hook, places }
  throw pushUnreadable({ repository, reason: `${places.settings} is missing or damaged` })
}

/** Before git takes anything: here a push can still be refused. */
export async function beforePush(world: World, receiving: Receiving): Promise<void> {
  const opened = openHook(receiving)
  const wishes = wishesOf(receiving, opened)
  const { busy, environment } = opened.hook
  if (busy !== 'refuse' || !wishes.some(({ kind }) => kind === 'deploy')) return
  const by = await whoIsBusy(world, receiving, opened)
  if (by !== undefined) throw pushRefused({ environment, by })
}

/** After git took it: deploys what is to be deployed, and shows the pusher how it goes. */
export async function afterPush(world: World, receiving: Receiving): Promise<void> {
  const opened = openHook(receiving)
  for (const wish of wishesOf(receiving, opened)) {
    if (wish.kind === 'nothing') receiving.out(`${wish.because}\n`)
    else await deployAndFollow(world, { receiving, opened, commit: wish.commit })
  }
}

function wishesOf({ repository, lines }: Receiving, { hook }: OpenedHook): readonly Wish[] {
  const trigger = triggerOf(hook.kind)
  if (trigger === undefined) throw pushUnreadable({ repository, reason: `${hook.kind} is unknown` })
  const verified = trigger.verify({ lines }, hook)
  if (!verified.ok) throw pushUnreadable({ repository, reason: verified.reason })
  return trigger.read({ lines }, hook)
}

/** Another push, or a run from somewhere else that has the lease. */
async function whoIsBusy(
  world: World,
  { env }: Receiving,
  { hook, places }: OpenedHook,
): Promise<string | undefined> {
  if (await isHeld(places.lock, ownEnvironment(env))) return 'another push is being deployed'
  const { app, environment, host } = hook
  const link: Host = world.hostAt({ name: host, kind: 'local', destination: 'local' })
  try {
    const { lease } = await link.connect({ app, environment }, world.signal)
    if (lease === undefined || lease.secondsLeft <= 0) return undefined
    return `${lease.owner} is at it (${lease.purpose})`
  } finally {
    await link.close()
  }
}

/**
 * The deployment is a process of its own, and this one only reads along: whoever pushes may hang up,
 * and it goes on.
 */
async function deployAndFollow(
  world: World,
  { receiving, opened, commit }: { receiving: Receiving; opened: OpenedHook; commit: string },
): Promise<void> {
  const { repository, env, out } = receiving
  const { places, hook } = opened
  // Names are in the order of the pushes: two may come within a second.
  const stamp = new Date(world.clock.now()).toISOString().replaceAll(/[-:Z]/g, '')
  const base = `${places.logs}/${stamp}-${commit.slice(0, 8)}`
  const argv = [places.node, places.program, 'hook', 'receive', 'deploy', repository, commit, base]
  const log = `${base}.log`
  const pid = startDetached(argv, { log, env: ownEnvironment(env), directory: places.folder })
  out(`Belay deploys ${commit.slice(0, 8)} to ${hook.environment}. Hanging up does not stop it.\n`)
  const code = await follow({ log, ended: `${base}.exit`, pid }, { clock: world.clock, out })
  out(`${endOf(code, hook)}\n`)
}

function endOf(code: number | undefined, { environment, branch }: InstalledHook): string {
  if (code === undefined) {
    return `Belay is gone without a word; belay status ${environment} tells how the server stands.`
  }
  const state = STATES[code] ?? 'nothing was touched.'
  if (code === 0) return `Belay ended with exit 0: ${state}`
  return (
    `Belay ended with exit ${code}: ${state}\n` +
    `Git has taken the push all the same. To try again without a change: git commit ` +
    `--allow-empty -m again, and push ${branch} once more.`
  )
}

const STATES: Readonly<Record<number, string>> = {
  0: 'as asked.',
  1: 'a bug in Belay; belay status tells how the server stands.',
  4: 'the release that served before serves.',
  5: 'A PERSON IS NEEDED; look at belay status before anything else.',
  130: 'interrupted; the release that served before serves, or will.',
}
