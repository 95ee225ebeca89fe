import type { AppConfig } from '../../config/app-config.ts'
import type { Host } from '../../hosts/host.ts'
import { changedAccessories, containersOf, newAccessories } from '../../plan/accessories.ts'
import { differences, movedData, partOf } from '../../plan/base-change.ts'
import type { ComposeModel, ComposeService } from '../../plan/compose-model.ts'
import type { RestartPolicy } from '../../plan/instruction.ts'
import type { Observed, ObservedContainer } from '../../plan/observed.ts'
import type { Note } from '../../plan/plan.ts'
import type { Release } from '../../plan/release.ts'
import { tiesOf } from '../../plan/render/dependencies.ts'
import { stopGraceOf } from '../../plan/render/service-facts.ts'
import type { Renewal } from '../../rollouts/base-plan.ts'
import { definitionsOf } from '../draft/definitions.ts'
import { sharedContainer } from '../failures.ts'
import { anonymousVolumes, type AnonymousVolume, readRecord } from './records.ts'

/** What changes of the base on one host. */
export interface HostRenewals {
  readonly renewals: readonly Renewal[]
  /** By service: volumes without a name that its next container gets, too. */
  readonly carried: ReadonlyMap<string, readonly AnonymousVolume[]>
  readonly notes: readonly Note[]
}

export interface RenewalQuestion {
  readonly host: Host
  readonly observed: Observed
  /** What serves. */
  readonly serving: Release
  /** As the user's files have it now. */
  readonly base: ComposeModel
  readonly config: AppConfig
}

/** Compares what accessories were made from with what the user's files say now. */
export async function renewalsOn(question: RenewalQuestion): Promise<HostRenewals> {
  const { host, observed, serving, base } = question
  const accessories = inOrder(base)
  const definitions = definitionsOf(base)
  const wanted = { baseProject: serving.baseProject, accessories, base: definitions }
  const changed = changedAccessories(wanted, observed)
  const fresh = newAccessories(wanted, observed)
  refuseShared(base, changed)
  const old = changed.flatMap((name) => containersOf(name, serving, observed))
  const volumes = await anonymousVolumes(host, old)
  const carried = new Map<string, readonly AnonymousVolume[]>()
  const notes: Note[] = []
  const renewals: Renewal[] = []
  for (const service of accessories) {
    if (!changed.includes(service) && !fresh.includes(service)) continue
    const own = containersOf(service, serving, observed)
    const compared = own.length === 0 ? NEW : await compare(question, service, own)
    const kept = carriedOver(base.services[service], own, volumes)
    if (kept.length > 0) carried.set(service, kept)
    notes.push(...compared.notes)
    renewals.push(renewalOf(service, question, { own, compared, definitions }))
  }
  return { renewals, carried, notes }
}

interface Compared {
  readonly differs: readonly string[]
  readonly notes: readonly Note[]
  readonly oldPolicy?: RestartPolicy
}

const NEW: Compared = { differs: ['new'], notes: [] }

async function compare(
  { host, observed, serving, base }: RenewalQuestion,
  service: string,
  own: readonly ObservedContainer[],
): Promise<Compared> {
  const [container] = own.filter(({ definition }) => definition !== undefined)
  const record = container && (await readRecord(host, observed, { release: serving, container }))
  if (record === undefined) return { differs: ['definition'], notes: [] }
  const [before, after] = [partOf(record, service), partOf(base, service)]
  const differs = differences(before, after)
  const moved = movedData(before, after).map(
    ({ target, from, to }): Note => ({
      level: 'warning',
      about: service,
      text:
        `its data at ${target} stays in ${from}, and nothing is copied: ` +
        (to === undefined ? 'nothing is mounted there any more' : `${to} is there from then on`),
    }),
  )
  const isProgram = before.definition.image !== after.definition.image
  const notes = isProgram
    ? [...moved, { level: 'warning' as const, about: service, text: CONVERTS }]
    : moved
  return { differs, notes, oldPolicy: restartOf(before.definition) }
}

const CONVERTS =
  'another program may convert its data when it starts, and the old one may not read it any more: ' +
  'make a backup first'

interface About {
  readonly own: readonly ObservedContainer[]
  readonly compared: Compared
  readonly definitions: NonNullable<Release['base']>
}

function renewalOf(
  service: string,
  { base, config }: RenewalQuestion,
  { own, compared, definitions }: About,
): Renewal {
  const definition = base.services[service] ?? {}
  const { hash = '', containers = [] } = definitions[service] ?? {}
  const settings = config.services[service]
  const policy = own[0]?.restartPolicy as RestartPolicy | undefined
  return {
    service,
    old: own,
    names: containers,
    hash,
    policy: restartOf(definition),
    oldPolicy: compared.oldPolicy ?? policy ?? 'no',
    graceSeconds: Math.ceil((settings?.stopGraceMs ?? stopGraceOf(definition) * 1000) / 1000),
    startSeconds: Math.ceil((settings?.startTimeoutMs ?? 60_000) / 1000),
    differs: compared.differs,
    ...(hasFiles(definition, base) ? { files: `${service}.tar` } : {}),
  }
}

function hasFiles({ configs = [] }: ComposeService, base: ComposeModel): boolean {
  return configs.some(({ source }) => base.configs?.[source]?.content !== undefined)
}

/** As compose hands it to Docker. */
function restartOf({ restart, deploy }: ComposeService): RestartPolicy {
  if (restart !== undefined) return restart as RestartPolicy
  const policy = deploy?.['restart_policy'] as
    | { condition?: string; max_attempts?: number }
    | undefined
  if (policy === undefined) return 'no'
  if (policy.condition === 'none') return 'no'
  if (policy.condition !== 'on-failure') return 'always'
  return policy.max_attempts === undefined ? 'on-failure' : `on-failure:${policy.max_attempts}`
}

/** Compose would carry them over to the next container; where there are several, nobody knows whose. */
function carriedOver(
  { volumes = [] }: ComposeService = {},
  own: readonly ObservedContainer[],
  known: ReadonlyMap<string, readonly AnonymousVolume[]>,
): readonly AnonymousVolume[] {
  const [only, ...others] = own
  if (only === undefined || others.length > 0) return []
  const named = new Set(
    volumes.flatMap(({ source, target }) => (source === undefined ? [] : [target])),
  )
  return (known.get(only.id) ?? []).filter(({ target }) => !named.has(target))
}

/** Each accessory after those it depends on. */
function inOrder({ services }: ComposeModel): string[] {
  const ordered = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (ordered.has(name) || path.includes(name)) return
    const needs = Object.keys(services[name]?.depends_on ?? {}).filter((to) => to in services)
    for (const needed of needs) visit(needed, [...path, name])
    ordered.add(name)
  }
  for (const name of Object.keys(services)) visit(name, [])
  return [...ordered]
}

/** One that lives in the container of another would be left in the old one's. */
function refuseShared({ services }: ComposeModel, changed: readonly string[]): void {
  for (const [service, definition] of Object.entries(services)) {
    const tie = tiesOf(definition).find(({ to }) => changed.includes(to))
    if (tie !== undefined) throw sharedContainer({ service, with: tie.to, key: tie.key })
  }
}
