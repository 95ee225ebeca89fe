import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Observed } from '../../plan/observed.ts'
import type { HostPlan, Note, Plan } from '../../plan/plan.ts'
import { releaseIncomplete } from '../failures.ts'
import { type Fleet, each, hostNamed, observedOn } from '../fleet.ts'
import { codeNotes, environmentNotes, schemaNotes } from './what-goes-back.ts'

/** The rendered files that hosts keep, each read once. */
export type Records = (host: string, id: string) => Promise<ComposeModel | undefined>

export function recordsOf(fleet: Fleet): Records {
  const known = new Map<string, ReturnType<Records>>()
  return (host, id) => {
    const key = `${host} ${id}`
    const reading = known.get(key) ?? readCompose(fleet, observedOn(fleet, host), id)
    known.set(key, reading)
    return reading
  }
}

/** What a rollback does to code, environment and data, as the anchor knows it. */
export async function lookBack(
  fleet: Fleet,
  { release, anchor }: Plan,
  records: Records,
): Promise<Note[]> {
  const observed = observedOn(fleet, anchor)
  const [now, then] = await Promise.all([
    observed.current === undefined ? undefined : records(anchor, observed.current),
    records(anchor, release.id),
  ])
  const known = now !== undefined && then !== undefined
  return [
    ...codeNotes(release, observed),
    ...(known ? environmentNotes(now, then, release) : []),
    ...schemaNotes(release, observed),
  ]
}

/** All that it takes to bring the release up must be on each host, before anything is touched. */
export async function mustBeThere(
  fleet: Fleet,
  { hosts, release }: Plan,
  records = recordsOf(fleet),
): Promise<void> {
  const missing = await each(hosts, async (plan) => {
    const lacks = await lacking(fleet, plan, records)
    return lacks.map((what) => `${plan.host}: ${what}`)
  })
  const all = missing.flat()
  if (all.length > 0) throw releaseIncomplete({ release: release.id }, { evidence: all })
}

async function lacking(
  fleet: Fleet,
  { host, release }: Pick<HostPlan, 'host' | 'release'>,
  records: Records,
): Promise<string[]> {
  const observed = observedOn(fleet, host)
  const wanted = release.services.filter(
    ({ role, containers }) => role !== 'job' && !areThere(observed, containers),
  )
  const ids = [...new Set(wanted.map(({ image }) => image.id))]
  const [found, compose] = await Promise.all([
    ids.length === 0 ? NONE : hostNamed(fleet, host).imageIds(ids),
    records(host, release.id),
  ])
  const gone = wanted.filter(({ image }) => (found[image.id] ?? null) === null)
  return [
    ...gone.map(
      ({ name, image }) => `the image of ${name} is gone (${image.reference}, ${image.id})`,
    ),
    ...(compose === undefined ? ['its compose.json cannot be read'] : []),
  ]
}

const NONE: Readonly<Record<string, unknown>> = {}

function areThere({ containers }: Observed, names: readonly string[]): boolean {
  return names.every((name) => containers.some((container) => container.name === name))
}

async function readCompose(
  fleet: Fleet,
  { host, facts }: Observed,
  id: string,
): Promise<ComposeModel | undefined> {
  const { app, environment } =
    observedOn(fleet, host).releases.find((kept) => kept.id === id)?.release ?? {}
  const path = `${facts.stateRoot}/${app}/${environment}/releases/${id}/compose.json`
  const { code, stdout } = await hostNamed(fleet, host).run(['cat', path])
  if (code !== 0) return undefined
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}
