import type { Plan } from '../plan/plan.ts'
import type { Happening } from './happening.ts'
import { type Move, type RunOutcome, next } from './next.ts'

/**
 * Carries out one move and says what became of it; it never rejects. The signal aborts as soon as
 * the run is going to end badly: a step may stop early then.
 */
export type Carry = (
  move: Exclude<Move, { kind: 'stop' }>,
  broken: AbortSignal,
) => Promise<Happening>

export interface RunEnd {
  readonly outcome: RunOutcome
  readonly happenings: readonly Happening[]
}

/** The most moves a run may make: steps, a decision and a settling for each host, twice over. */
function movesMax(plan: Plan): number {
  return 2 * plan.hosts.reduce((sum, host) => sum + host.steps.length + 2, 0)
}

/**
 * The loop: ask what comes next, start it, note what happened, ask again. `interrupted` turns into
 * a happening of its own as soon as it settles.
 */
export async function runPlan(
  plan: Plan,
  carry: Carry,
  interrupted: Promise<unknown>,
): Promise<RunEnd> {
  const happenings: Happening[] = []
  const going = new Map<string, Promise<void>>()
  const broken = new AbortController()
  let cancelled: Promise<void> | undefined = interrupted.then((error) => {
    cancelled = undefined
    note({ kind: 'cancelled', error })
  })
  for (let moves = 0; moves <= movesMax(plan); ) {
    const wanted = next(plan, happenings)
    const stop = wanted.find((move) => move.kind === 'stop')
    if (stop !== undefined) return { outcome: stop.outcome, happenings }
    for (const move of wanted) {
      if (move.kind === 'stop' || going.has(move.host)) continue
      moves += 1
      start(move)
    }
    if (going.size === 0) throw new Error('nothing to do, nothing to wait for, and no end')
    await Promise.race([...going.values(), ...(cancelled === undefined ? [] : [cancelled])])
  }
  throw new Error('a run made more moves than its plan can have')

  function note(happening: Happening): void {
    happenings.push(happening)
    if (happening.kind === 'step-failed' || happening.kind === 'cancelled') broken.abort()
  }

  function start(move: Exclude<Move, { kind: 'stop' }>): void {
    if (move.kind === 'step') {
      note({ kind: 'step-started', host: move.host, index: move.index })
    }
    if (move.kind === 'decide') {
      note({ kind: 'decision-asked', host: move.host, wish: move.wish })
    }
    const done = carry(move, broken.signal).then((happening) => {
      going.delete(move.host)
      note(happening)
    })
    going.set(move.host, done)
  }
}
