import type { AppConfig } from '../../config/app-config.ts'
import type { Stage } from '../../hosts/host.ts'
import { leftNotes } from '../../plan/accessories.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Change, Note, Plan } from '../../plan/plan.ts'
import type { Release } from '../../plan/release.ts'
import { makeBasePlan } from '../../rollouts/base-plan.ts'
import { servingRelease } from '../../rollouts/old-release.ts'
import { type Draft, renderFor } from '../draft/draft.ts'
import type { WantedImage } from '../draft/images.ts'
import { composeNotes } from '../draft/source.ts'
import { nothingServes } from '../failures.ts'
import { type Fleet, anchorOf, each, hostNamed, observedOn } from '../fleet.ts'
import { type Planned, wavesOf } from '../plan-deploy.ts'
import { type HostRenewals, renewalsOn } from './host-renewals.ts'
import { stageBase } from './stage-base.ts'

/** A plan for the base, and what each host needs for it. */
export interface PlannedBase extends Planned {
  readonly images: ReadonlyMap<string, readonly WantedImage[]>
}

interface OnHost extends HostRenewals {
  readonly observed: Observed
  readonly serving: Release
  readonly base: ComposeModel
}

/** What of the base changes on each host, and how. Hosts where nothing does take no part. */
export async function planBase(
  config: AppConfig,
  { draft, fleet }: { draft: Draft; fleet: Fleet },
): Promise<PlannedBase> {
  const all = await each(fleet.names, (name) => lookAt(config, { draft, fleet, name }))
  const [first] = all
  if (first === undefined) throw new Error('a plan needs a host')
  const taking = all.filter(({ renewals }) => renewals.length > 0)
  const names = taking.map(({ observed }) => observed.host)
  const plan: Plan = {
    app: config.app,
    environment: config.environment,
    purpose: 'base',
    release: first.serving,
    anchor: names[0] ?? anchorOf(fleet),
    hosts: taking.map(({ serving: release, observed, renewals }) =>
      makeBasePlan({ release, observed, renewals }),
    ),
    waves: wavesOf(names, config.wave),
    change: changeOf(taking),
    notes: [...composeNotes(draft.source), ...notesOf(all)],
  }
  return { plan, stages: stagesOf(taking), images: imagesOf(taking) }
}

async function lookAt(
  config: AppConfig,
  { draft, fleet, name }: { draft: Draft; fleet: Fleet; name: string },
): Promise<OnHost> {
  const observed = observedOn(fleet, name)
  const serving = servingRelease(observed)
  if (serving === undefined) throw nothingServes({ host: name })
  const { base } = renderFor(config, draft, { release: serving.id, observed })
  const host = hostNamed(fleet, name)
  const found = await renewalsOn({ host, observed, serving, base, config })
  return { ...found, observed, serving, base }
}

function changeOf(taking: readonly OnHost[]): Change {
  const found = new Map(
    taking.flatMap(({ renewals }) => renewals).map(({ service, differs }) => [service, differs]),
  )
  const services = [...found].map(([service, differs]) => ({ service, differs }))
  if (services.length === 0) {
    const because = 'the accessories are as the compose file says'
    return { kind: 'nothing', because, services }
  }
  const because = `${[...found.keys()].join(', ')}: not as the compose file says`
  return { kind: 'replace', because, services }
}

function notesOf(all: readonly OnHost[]): Note[] {
  const own = new Map(all.flatMap(({ notes }) => notes).map((note) => [JSON.stringify(note), note]))
  const changed = all.flatMap(({ renewals }) => renewals.filter(({ old }) => old.length > 0))
  const about = [...new Set(changed.map(({ service }) => service))].join(', ')
  const left = all.flatMap(({ serving, base, observed }) =>
    leftNotes({ ...serving, accessories: Object.keys(base.services) }, [observed]),
  )
  return [...own.values(), ...(changed.length > 0 ? costNotes(about) : []), ...left]
}

function costNotes(about: string): Note[] {
  return [
    {
      level: 'warning',
      about,
      text: 'connections to it are cut while the new container takes over: the app must connect again',
    },
    {
      level: 'info',
      about,
      text: 'its volumes stay; no rollback of a release undoes this, only another `belay deploy --base`',
    },
  ]
}

function stagesOf(taking: readonly OnHost[]): ReadonlyMap<string, Stage> {
  return new Map(
    taking.map((each) => [each.observed.host, stageBase(each.base, each, each.observed)]),
  )
}

function imagesOf(taking: readonly OnHost[]): PlannedBase['images'] {
  return new Map(
    taking.map(({ observed, renewals, base }) => [
      observed.host,
      renewals.map(({ service }) => ({
        reference: base.services[service]?.image ?? service,
        id: undefined,
      })),
    ]),
  )
}
