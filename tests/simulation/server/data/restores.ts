import type { RestoreWay } from '../../../../src/plan/backup.ts'
import type { Instruction } from '../../../../src/plan/instruction.ts'
import type { At } from './at.ts'
import { wordsOfCommand } from '../behaviour.ts'
import type { Copy, KitState } from '../kit-state.ts'
import { ToyFailure } from '../simulated-docker.ts'

type Restore = Extract<Instruction, { do: 'restore-backup' }>
type Undo = Extract<Instruction, { do: 'undo-restore' }>

/** How long it takes to put something back, in which there may be half of it. */
const POUR_MS = 40

/** The copy, where it can be read back. */
export function checked({ copies }: KitState, id: string): Copy {
  const copy = copies.get(id)
  if (copy === undefined) throw new ToyFailure(`there is no backup ${id}`)
  return copy
}

/** What is there goes only when what comes is known to be whole, as the kit's `restores.sh` has it. */
export async function restoreBackup(at: At, it: Restore): Promise<void> {
  const { server, state } = at
  const copy = checked(state, it.backup)
  const safe = it.safety === null ? undefined : checked(state, it.safety)
  if (it.after === 'stay-down' && it.safety !== null) state.undo.add(it.safety)
  const { held, others } = await stopUsers(at, it)
  const wasHalf = beginHalf(state, it.backup, it.safety)
  const lines = await put(at, it, { copy, safe })
  endHalf(state, it.backup, { lines, wasHalf })
  await server.docker.start([...others, ...(it.after === 'go-on' ? held : [])])
  if (lines.length > 0) throw new ToyFailure(...lines)
}

/** Nothing, unless a restore was begun; then what was there before it, and those that had it. */
export async function undoRestore(at: At, it: Undo): Promise<void> {
  const { server, state } = at
  if (!state.undo.has(it.safety)) return
  const copy = checked(state, it.safety)
  const { others } = await stopUsers(at, { ...it, stop: [...it.stop, ...it.start] })
  const wasHalf = beginHalf(state, it.safety, null)
  const lines = await put(at, { ...it, check: null }, { copy, safe: undefined })
  endHalf(state, it.safety, { lines, wasHalf })
  await server.docker.start(others)
  if (lines.length > 0) throw new ToyFailure(...lines)
  await server.docker.start(it.start)
  state.undo.delete(it.safety)
}

/** Whatever ends it, that stays known; of one that was cut off before, its first copy is the one. */
function beginHalf({ halves, backups }: KitState, id: string, safety: string | null): boolean {
  if (halves.has(id)) return true
  halves.set(id, { of: backups.get(id)?.about.name ?? '', safety })
  return false
}

function endHalf(
  { halves, backups }: KitState,
  id: string,
  { lines, wasHalf }: { lines: readonly string[]; wasHalf: boolean },
): void {
  const name = backups.get(id)?.about.name
  const isBack = !wasHalf && lines.at(-1)?.includes(' NOT ') === false
  if (lines.length > 0 && isBack) halves.delete(id)
  if (lines.length > 0) return
  for (const [other, { of }] of halves) if (of === name) halves.delete(other)
}

type Place = Pick<Restore, 'how' | 'container' | 'stop' | 'graceSeconds'>

/** Those that run of the given ones, and whatever else has the same files. */
async function stopUsers(at: At, it: Place) {
  const { docker } = at.server
  const place = placeOf(at, it)
  const running = [...docker.containers.values()].filter(({ state }) => state === 'running')
  const held = running.filter(({ name }) => it.stop.includes(name)).map(({ name }) => name)
  const others = running
    .filter(({ volumes }) => it.how.way !== 'script' && volumes.includes(place))
    .map(({ name }) => name)
    .filter((name) => !held.includes(name))
  if (held.length + others.length > 0) at.tell('stopping what would write')
  await docker.stop([...held, ...others], it.graceSeconds)
  return { held, others }
}

function placeOf({ server }: At, { how, container: name }: Place): string {
  const { docker } = server
  if (how.way === 'volume') return how.volume
  const container = docker.containers.get(name)
  if (container === undefined) throw new ToyFailure(`No such container: ${name}`)
  return docker.data.placeOf(container)
}

interface Pouring {
  readonly copy: Copy
  readonly safe: Copy | undefined
}

const NO_ANSWER = 'the query that is to show that it works gives no answer'

/** How it went: why it did not, and whether what was there is lost by then. */
type Poured = 'whole' | { readonly said: readonly string[]; readonly lost: boolean }
const WHOLE = 'whole'

/** What there is to be said where it fails. */
async function put(
  at: At,
  it: Place & Pick<Restore, 'check'>,
  { copy, safe }: Pouring,
): Promise<readonly string[]> {
  const before = async (isGone: boolean): Promise<string> => {
    if (!isGone) return 'what was there before is still there'
    const isBack = safe !== undefined && (await pour(at, it, safe)) === WHOLE
    return `what was there before is ${isBack ? 'back' : 'NOT back'}`
  }
  const why = await pour(at, it, copy)
  if (why !== WHOLE) return [...why.said, 'it was not restored', await before(why.lost)]
  if (it.check === null) return []
  if (it.check === 'true') return [NO_ANSWER, await before(true)]
  at.tell(`checked: ${wordsOfCommand([it.check]).join(' ')}`)
  return []
}

function losesOld(how: RestoreWay): boolean {
  return how.way === 'volume' || (how.way === 'script' && !how.keepsOld)
}

/**
 * Where a way loses what is there, half of the new one is there meanwhile. A script may end with `exit 1`,
 * or refuse a text by `grep`.
 */
async function pour(at: At, it: Place, { id, text, schema }: Copy): Promise<Poured> {
  const { server, tell } = at
  const { docker } = server
  const { how, container } = it
  tell(`restoring ${id}`)
  const place = placeOf(at, it)
  const state = docker.containers.get(container)?.state
  if (how.way === 'script' && state !== 'running') {
    return { said: [`${container} does not run: it is ${state}`], lost: false }
  }
  await server.wait(POUR_MS)
  if (losesOld(how)) docker.data.write(place, text.slice(0, 1))
  await server.wait(POUR_MS)
  if (how.way === 'script' && refuses(how.script, text)) return { said: [], lost: losesOld(how) }
  docker.data.write(place, text)
  if (schema !== undefined) docker.schema = schema
  return WHOLE
}

/** What only looks like an end, as in the middle of a real script, is none. */
export function refuses(script: string, text: string): boolean {
  const unwanted = /! grep -q (\w+)/.exec(script)?.[1]
  return script.endsWith('; exit 1') || (unwanted !== undefined && text.includes(unwanted))
}
