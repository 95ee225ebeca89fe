import type { ProofConfig } from '../../config/app-config.ts'
import type { Here } from '../../checks/check.ts'
import { proveRelease } from '../../checks/proof/until.ts'
import type { Host, Stage } from '../../hosts/host.ts'
import type { Happening } from '../../pipeline/happening.ts'
import type { Move } from '../../pipeline/next.ts'
import { type RunEnd, runPlan } from '../../pipeline/run.ts'
import { type HostPlan, type Plan, type PlannedStep, subjectOf } from '../../plan/plan.ts'
import type { Vantage } from '../../plan/plan.ts'
import { hereFor } from '../fleet.ts'
import { messageOf } from '../messages.ts'
import { provable } from './provable.ts'
import { told } from './told.ts'
import type { World } from '../world.ts'

/** One execution of a plan, with everything that its moves need. */
export interface Execution {
  readonly world: World
  readonly run: string
  readonly plan: Plan
  readonly hosts: ReadonlyMap<string, Host>
  readonly here: ReadonlyMap<string, Here>
  /** The release's folder as each host gets it; none for a release that the host kept. */
  readonly stages: ReadonlyMap<string, Stage>
  readonly proof: ProofConfig
  /** Of each host, before its lease was asked for. */
  readonly roundTripsBefore: ReadonlyMap<string, number>
  /** Resolves (with why) when the caller interrupts or a lease is lost. */
  readonly interrupted: Promise<unknown>
}

/** Runs the plan to its end: every step, the decision, and what follows from it. */
export function carryOut(execution: Execution): Promise<RunEnd> {
  return runPlan(
    execution.plan,
    async (move, broken) => {
      try {
        return await carry(execution, move, broken)
      } catch (error) {
        return failed(move, error)
      }
    },
    execution.interrupted,
  )
}

type Working = Exclude<Move, { kind: 'stop' }>

function failed(move: Working, error: unknown): Happening {
  const { host } = move
  if (move.kind === 'step') return { kind: 'step-failed', host, index: move.index, error }
  if (move.kind === 'decide') return { kind: 'undecided', host, error }
  return { kind: 'unsettled', host, error }
}

async function carry(execution: Execution, move: Working, broken: AbortSignal): Promise<Happening> {
  const { host } = move
  if (move.kind === 'step') {
    await takeStep(execution, move, broken)
    return { kind: 'step-done', host, index: move.index }
  }
  if (move.kind === 'decide') return decide(execution, host, move.wish)
  await settle(execution, move)
  return { kind: 'settled', host }
}

async function takeStep(
  execution: Execution,
  { host, index }: Extract<Move, { kind: 'step' }>,
  broken: AbortSignal,
): Promise<void> {
  const { world, plan } = execution
  const hostPlan = hostPlanOf(plan, host)
  const step = hostPlan.steps[index]
  if (step === undefined) throw new Error(`no step ${index} on ${host}`)
  const { id, title, because } = step
  await told(world, { step: id, host, title, because }, () =>
    step.kind === 'change'
      ? change(execution, { hostPlan, step, index })
      : prove(execution, { hostPlan, step, broken }),
  )
}

async function change(
  execution: Execution,
  { hostPlan, step, index }: { hostPlan: HostPlan; step: Changing; index: number },
): Promise<void> {
  const { plan, stages, run, world } = execution
  const stage = stages.get(hostPlan.host)
  const first = index === 0
  await hostOf(execution, hostPlan.host).act({
    number: index + 1,
    title: step.title,
    guard: first ? 'none' : 'pending',
    instructions: step.instructions,
    timeoutSeconds: step.timeoutSeconds,
    onProgress: (text) =>
      world.tell({ type: 'progress', host: hostPlan.host, step: step.id, text }),
    ...(first && stage !== undefined ? { stage } : {}),
    ...(first ? { arm: armingOf(plan, hostPlan, run), about: aboutRun(execution) } : {}),
  })
  for (const instruction of step.instructions) {
    if (instruction.do !== 'route') continue
    const { key, token } = instruction
    const moved = hostPlan.release.services.find(({ routeKey }) => routeKey === key)
    const service = moved?.name ?? key
    world.tell({ type: 'traffic-moved', host: hostPlan.host, service, to: token })
  }
}

/** Should nothing more be heard of the run, the journal knows this much. */
function aboutRun({ world: { owner }, run, plan }: Execution): Record<string, string> {
  return { run, release: plan.release.id, purpose: plan.purpose, owner }
}

type Changing = Extract<PlannedStep, { kind: 'change' }>
type Proving = Extract<PlannedStep, { kind: 'prove' }>

function armingOf(plan: Plan, { release, previous, back, forward }: HostPlan, run: string) {
  const { anchor } = plan
  return { run, release: release.id, previous: previous ?? '-', anchor, back, forward }
}

async function prove(
  execution: Execution,
  { hostPlan, step, broken }: { hostPlan: HostPlan; step: Proving; broken: AbortSignal },
): Promise<void> {
  const { world, proof, plan } = execution
  const here = hereFor(execution, hostPlan.host)
  const release = await provable(world, hostPlan.release, { purpose: plan.purpose, here })
  const services = release.services
    .filter(({ name }) => step.services.includes(name))
    .map((service) => ({
      ...service,
      containers: service.containers.slice(0, step.replicas ?? service.containers.length),
    }))
  await proveRelease({
    host: hostOf(execution, hostPlan.host),
    release: { ...release, services },
    services: step.services,
    accessories: hostPlan.accessories,
    here,
    through: step.through,
    slot: release.slot,
    samples: samplesFor(plan.purpose, step.through, proof),
    intervalMs: proof.intervalMs,
    soakMs: step.through === 'front-door' ? proof.soakMs : 0,
    timeoutMs: step.timeoutSeconds * 1000,
    clock: world.clock,
    tell: world.tell,
    signal: broken,
  })
}

/**
 * The idle slot is where a release proves itself. Under real traffic, and for a release that was
 * proved before, a second look is enough: what is waited for is clients that suffer.
 */
function samplesFor(purpose: Plan['purpose'], through: Vantage, proof: ProofConfig): number {
  const provedBefore = purpose === 'rollback' || through === 'front-door'
  return provedBefore ? Math.min(2, proof.samples) : proof.samples
}

async function decide(
  execution: Execution,
  host: string,
  wish: 'commit' | 'rollback',
): Promise<Happening> {
  const { plan, run, world, roundTripsBefore } = execution
  const at = hostOf(execution, host)
  const stands = await at.decide(wish, {
    type: 'decide',
    wish,
    run,
    release: plan.release.id,
  })
  if (stands === 'commit' && host === plan.anchor) {
    const because = 'every check passed on every host'
    const roundTrips = at.roundTrips - (roundTripsBefore.get(host) ?? 0)
    const { id: release } = plan.release
    world.tell({
      type: 'decided',
      decision: stands,
      release,
      ...aboutOf(plan),
      because,
      roundTrips,
    })
  }
  return { kind: 'decided', host, wish, stands }
}

/** A change of the base leaves the release as it is: it is about something else. */
export function aboutOf(plan: Plan): { readonly what?: string } {
  return plan.purpose === 'base' ? { what: subjectOf(plan) } : {}
}

async function settle(
  execution: Execution,
  { host, stands }: Extract<Move, { kind: 'settle' }>,
): Promise<void> {
  const { world, plan } = execution
  const words = settleWords(stands, plan, hostPlanOf(plan, host).previous)
  const step = { step: 'settle', host, ...words }
  await told(world, step, () =>
    hostOf(execution, host).settle((text) => world.tell({ type: 'progress', host, text })),
  )
}

function settleWords(stands: 'commit' | 'rollback', plan: Plan, previous: string | undefined) {
  if (plan.purpose === 'base') {
    return stands === 'rollback'
      ? { title: 'put the old ones back', because: `${subjectOf(plan)} was not kept` }
      : { title: 'remove the old ones', because: `${subjectOf(plan)} is kept` }
  }
  if (stands === 'rollback') {
    const title = previous === undefined ? 'take it away again' : `put ${previous} back`
    return { title, because: 'the release was not kept' }
  }
  const title = previous === undefined ? 'tidy up' : `let ${previous} finish, and stop it`
  return { title, because: 'the new release is kept' }
}

function hostOf({ hosts }: Pick<Execution, 'hosts'>, name: string): Host {
  const host = hosts.get(name)
  if (host === undefined) throw new Error(`no link to ${name}`)
  return host
}

function hostPlanOf(plan: Plan, name: string): HostPlan {
  const found = plan.hosts.find(({ host }) => host === name)
  if (found === undefined) throw new Error(`${name} has no plan`)
  return found
}

/** The first thing that went wrong: the one that the reader must see. */
export function firstError(happenings: readonly Happening[]): unknown {
  const first = happenings.find((each) => 'error' in each)
  return first !== undefined && 'error' in first ? first.error : undefined
}

/** In words, for the journal. */
export function whyBroken(happenings: readonly Happening[]): string {
  const error = firstError(happenings)
  return error === undefined ? 'the watchdog decided first' : messageOf(error)
}
