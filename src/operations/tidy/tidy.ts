import type { AppConfig } from '../../config/app-config.ts'
import { forgetRelease } from '../../rollouts/lists.ts'
import { closeFleet, connectFleet, each, type Fleet, hostNamed, observedOn } from '../fleet.ts'
import { giveBack, takeLeases } from '../run/leases.ts'
import type { World } from '../world.ts'
import { tidyFailed, tidyUnsettled } from './failures.ts'
import { isNothing, repositoriesOf, type TidyPlan, tidyPlan } from './find.ts'
import script from './server.sh'

export interface TidyRequest {
  readonly config: AppConfig
  readonly dryRun: boolean
  readonly waitMs: number
  readonly agree: (report: TidyReport) => Promise<boolean>
}

export interface TidyReport {
  readonly app: string
  readonly environment: string
  readonly state: 'planned' | 'nothing' | 'done' | 'declined'
  readonly hosts: readonly (TidyPlan & {
    /** What it freed in the end. */
    readonly freedBytes?: number
    /** Images that Docker would not let go. */
    readonly left?: readonly string[]
  })[]
}

/** Shows what can go, and lets it go under the lease: no run can be about to need it then. */
export async function tidy(world: World, request: TidyRequest): Promise<TidyReport> {
  const { config, dryRun, agree } = request
  const { app, environment } = config
  const fleet = await connectFleet(world, config)
  try {
    const hosts = await plansOf(fleet, config)
    const isClean = hosts.every(isNothing)
    const report = { app, environment, state: isClean ? 'nothing' : 'planned', hosts } as const
    if (isClean || dryRun) return report
    if (!(await agree(report))) return { ...report, state: 'declined' }
    return { ...report, state: 'done', hosts: await underLease(world, fleet, request) }
  } finally {
    await closeFleet(fleet)
  }
}

const LEASE_SECONDS = 600

async function underLease(
  world: World,
  fleet: Fleet,
  { config, waitMs }: TidyRequest,
): Promise<TidyReport['hosts']> {
  const purpose = `tidy ${config.environment}`
  const ttlSeconds = LEASE_SECONDS
  const want = { run: world.newRun(), purpose, ttlSeconds, steal: false, waitMs }
  const leased = await takeLeases(world, fleet, want)
  try {
    for (const name of leased.names) {
      const { decision } = observedOn(leased, name)
      if (decision.state !== 'none') {
        throw tidyUnsettled({ host: name, run: decision.armed.run })
      }
    }
    // Looked at again: a run may have ended since it was agreed to.
    const plans = await plansOf(leased, config)
    return await each(plans, (plan) => sweep(world, leased, { plan, config }))
  } finally {
    await giveBack(leased)
  }
}

async function sweep(
  world: World,
  fleet: Fleet,
  { plan, config }: { plan: TidyPlan; config: AppConfig },
): Promise<TidyReport['hosts'][number]> {
  const host = hostNamed(fleet, plan.host)
  const observed = observedOn(fleet, plan.host)
  world.tell({ type: 'progress', host: plan.host, text: 'tidying up' })
  const releases = plan.releases.map(({ name }) => name)
  if (releases.length > 0) {
    await host.act({
      number: 1,
      title: `forget ${releases.join(', ')}`,
      guard: 'none',
      instructions: releases.flatMap((id) => forgetRelease(observed, id)),
      timeoutSeconds: LEASE_SECONDS / 2,
    })
  }
  const names = plan.images.map(({ name }) => name)
  const said = await ask(fleet, { name: plan.host, verb: 'sweep', config, words: names })
  const lines = said.split('\n').map((line) => line.split(' '))
  const free = Number(lines.find(([word]) => word === 'free')?.[1] ?? 0) * 1024
  const left = lines.flatMap(([word, name = '']) => (word === 'left' ? [name] : []))
  return { ...plan, left, freedBytes: Math.max(0, free - plan.freeBytes) }
}

function plansOf(fleet: Fleet, config: AppConfig): Promise<TidyPlan[]> {
  return each(fleet.names, async (name) => {
    const observed = observedOn(fleet, name)
    if (observed.current === undefined) return tidyPlan(observed, '', config.keep)
    const words = repositoriesOf(observed.releases)
    const text = await ask(fleet, { name, verb: 'look', config, words })
    return tidyPlan(observed, text, config.keep)
  })
}

async function ask(
  fleet: Fleet,
  of: { name: string; verb: 'look' | 'sweep'; config: AppConfig; words: readonly string[] },
): Promise<string> {
  const { name, verb, config, words } = of
  const { stateRoot } = observedOn(fleet, name).facts
  const state = `${stateRoot}/${config.app}/${config.environment}`
  const argv = ['sh', '-c', script, 'belay', verb, state, stateRoot, ...words]
  const { code, stdout, stderr } = await hostNamed(fleet, name).run(argv)
  if (code === 0) return stdout
  throw tidyFailed({ host: name }, { evidence: stderr.trim().split('\n').slice(-8) })
}
