import type { ComposeDependency, ComposeService } from '../compose-model.ts'
import { isAccessory, keyOf, omit, type RenderContext, servicesOf } from './context.ts'
import { inform, type Phase, refuse, warn } from './rendered.ts'

/** A way in which a service hangs on another one's container, and the key that says so. */
export interface Tie {
  readonly to: string
  readonly key: 'network_mode' | 'pid' | 'ipc' | 'volumes_from'
}

/** Services whose network, processes or volumes a service shares. */
export function tiesOf(service: ComposeService): Tie[] {
  const shares = (['network_mode', 'pid', 'ipc'] as const).flatMap((key) => {
    const to = /^service:(.+)$/.exec(service[key] ?? '')?.[1]
    return to === undefined ? [] : [{ to, key }]
  })
  const from = ((service['volumes_from'] as string[] | undefined) ?? []).flatMap((entry) =>
    entry.startsWith('container:')
      ? []
      : [{ to: entry.replace(/:(ro|rw)$/, ''), key: 'volumes_from' as const }],
  )
  return [...shares, ...from]
}

/** Services of the same half that must be there first, whatever the reason. */
export function neededBy(name: string, context: RenderContext): string[] {
  const service = context.model.services[name] ?? {}
  const needed = [
    ...Object.keys(service.depends_on ?? {}),
    ...tiesOf(service).map(({ to }) => to),
    ...linksOf(service).map(({ to }) => to),
  ]
  const half = isAccessory(context, name)
  const known = new Set(servicesOf(context, half ? 'base' : 'release').map(([each]) => each))
  return [...new Set(needed)].filter((each) => known.has(each))
}

/** The release's services, each after those it needs. */
export function inOrder(context: RenderContext): string[] {
  const ordered = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (ordered.has(name) || path.includes(name)) return
    for (const needed of neededBy(name, context)) visit(needed, [...path, name])
    ordered.add(name)
  }
  for (const [name] of servicesOf(context, 'release')) visit(name, [])
  return [...ordered]
}

export interface Link {
  readonly to: string
  /** The name by which this service calls it. */
  readonly alias: string
}

export function linksOf(service: ComposeService): Link[] {
  return ((service['links'] as string[] | undefined) ?? []).map((link) => {
    const [to = '', alias = to] = link.split(':')
    return { to, alias }
  })
}

/** Tells of everything that hangs over the line between base and release. */
export function checkHalves(context: RenderContext): void {
  for (const [name, service] of servicesOf(context, 'base')) checkAccessory(name, service, context)
  for (const [name, service] of servicesOf(context, 'release')) {
    for (const { to, key } of tiesOf(service).filter((tie) => isAccessory(context, tie.to))) {
      refuse(context.findings, {
        path: `services.${name}.${key}`,
        text: `${name} shares a container with ${to}, an accessory, which outlives it`,
        hint: `Say services.${to}.role: app, or services.${name}.role: accessory.`,
      })
    }
    if (context.roles[name]?.role === 'job') checkJob(name, service, context)
  }
}

function checkAccessory(name: string, service: ComposeService, context: RenderContext): void {
  for (const { to, key } of tiesOf(service).filter((tie) => !isAccessory(context, tie.to))) {
    refuse(context.findings, {
      path: `services.${name}.${key}`,
      text: `${name} is an accessory and shares a container with ${to}, which changes with each release`,
      hint: `Say services.${name}.role: app, or services.${to}.role: accessory.`,
    })
  }
  for (const to of appsNeededBy(service, context)) {
    const text = `${name} starts before ${to}, and must bear that ${to} is not there yet`
    warn(context.findings, `services.${name}`, text)
  }
}

/** Services of the release that an accessory says it needs: it calls them. */
function appsNeededBy(service: ComposeService, context: RenderContext): string[] {
  const needed = [...Object.keys(service.depends_on ?? {}), ...linksOf(service).map(({ to }) => to)]
  return [...new Set(needed)].filter((to) => !isAccessory(context, to))
}

/** An accessory's definition without what is not in the base; unchanged where nothing is. */
export function withoutApps(service: ComposeService, context: RenderContext): ComposeService {
  if (appsNeededBy(service, context).length === 0) return service
  const isIn = (to: string): boolean => isAccessory(context, to)
  const { depends_on: needs = {}, ...whole } = service
  const rest = omit(whole, ['links'])
  const needed = Object.entries(needs).filter(([to]) => isIn(to))
  const kept = linksOf(service).flatMap(({ to, alias }) => (isIn(to) ? [`${to}:${alias}`] : []))
  return {
    ...rest,
    ...(needed.length > 0 ? { depends_on: Object.fromEntries(needed) } : {}),
    ...(kept.length > 0 ? { links: kept } : {}),
  }
}

function checkJob(name: string, service: ComposeService, context: RenderContext): void {
  for (const to of Object.keys(service.depends_on ?? {})) {
    const role = context.roles[to]?.role
    if (role !== 'app' && role !== 'worker') continue
    refuse(context.findings, {
      path: `services.${name}.depends_on.${to}`,
      text: `${name} is a job and runs before ${to}, not after it`,
      hint: `Say services.${name}.role: worker if it keeps running, or make it a smoke check.`,
    })
  }
}

/**
 * What is left of `depends_on`: services that compose starts together. The rest is order that the
 * run keeps itself: accessories first, then jobs, and hand-overs one after another.
 */
export function keptDependencies(
  name: string,
  phases: Readonly<Record<string, Phase>>,
  context: RenderContext,
): Record<string, ComposeDependency> {
  const phase = phases[name]
  const service = context.model.services[name] ?? {}
  const kept = Object.entries(service.depends_on ?? {}).filter(
    ([to]) => phases[to] === phase && (phase === 'jobs' || phase === 'side-by-side'),
  )
  tellDropped(name, service, context)
  return Object.fromEntries(kept.map(([to, condition]) => [keyOf(context, to), condition]))
}

function tellDropped(name: string, service: ComposeService, context: RenderContext): void {
  const accessories = Object.keys(service.depends_on ?? {}).filter((to) => isAccessory(context, to))
  if (accessories.length === 0) return
  const text = `the run itself waits for ${accessories.join(', ')} before ${name} starts`
  inform(context.findings, `services.${name}.depends_on`, text)
}
