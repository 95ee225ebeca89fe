import { releaseProject, routeKey } from '../../base/names.ts'
import type { ComposeModel } from '../compose-model.ts'
import type { BaseObject } from '../release.ts'
import { baseHalf } from './halves/base-half.ts'
import { commandServices } from './halves/command-services.ts'
import { callsOf } from './calls.ts'
import { keyOf, type RenderContext, replicasOf, servicesOf } from './context.ts'
import { checkHalves, inOrder, neededBy } from './dependencies.ts'
import { readModel, writeModel } from './dollars.ts'
import { fileObjectsOf } from './files/file-objects.ts'
import { type Mounts, mountsOf } from './mounts.ts'
import { networksOf, type ReleaseNetworks } from './halves/networks.ts'
import { aliasesOf, releaseHalf } from './halves/release-half.ts'
import type { Rendered, RenderedService, ShippedFile } from './rendered.ts'
import type { RenderRequest } from './request.ts'
import { checkRequest } from './request-check.ts'
import { rolesOf } from './roles.ts'
import { phaseOf, type RolloutChoice, rolloutsOf } from './rollout-choice.ts'
import { healthCommandOf, healthTimeoutOf, memoryBytesOf, stopGraceOf } from './service-facts.ts'

/**
 * Splits a compose project into its base and one release, with every choice made. The same request
 * gives the same bytes; what cannot be honoured is told in `problems`, all of it at once.
 */
export function render(request: RenderRequest): Rendered {
  const context = contextOf(request)
  checkRequest(context)
  checkHalves(context)
  const services = servicesOf(context, 'release')
  const mounts = Object.fromEntries(
    services.map(([name, service]) => [name, mountsOf(name, service, context)]),
  )
  const rollouts = rolloutsOf(context, mounts)
  const order = inOrder(context)
  const rendered = order.map((name) => renderedService({ name, mounts, rollouts, context }))
  const networks = releaseNetworks(rendered, context)
  const files = fileObjectsOf(context)
  const project = releaseProject(request.baseProject, request.release)
  const plain = releaseHalf({ project, services: rendered, mounts, networks, files }, context)
  const commands = commandServices(plain, rendered, context)
  const release = { ...plain, services: { ...plain.services, ...commands } }
  const base = baseHalf(context)
  return {
    base: writeModel(base),
    release: writeModel(release),
    services: rendered,
    accessories: Object.keys(base.services),
    volumes: volumesOf(mounts, base),
    networks: networks.base,
    shipped: unique([...Object.values(mounts).flatMap((each) => each.shipped), ...files.shipped]),
    live: callsOf(context),
    notes: distinct(context.findings.notes),
    problems: distinct(context.findings.problems),
  }
}

function contextOf(request: RenderRequest): RenderContext {
  const model = readModel(request.model)
  return {
    request,
    model,
    roles: rolesOf(model, request.services),
    findings: { notes: [], problems: [] },
  }
}

interface ServiceQuestion {
  readonly name: string
  readonly mounts: Readonly<Record<string, Mounts>>
  readonly rollouts: Readonly<Record<string, RolloutChoice>>
  readonly context: RenderContext
}

function renderedService(question: ServiceQuestion): RenderedService {
  const { name, mounts, rollouts, context } = question
  const { request, roles } = context
  const service = context.model.services[name] ?? {}
  const role = roles[name]?.role ?? 'app'
  if (role === 'accessory') throw new Error(`${name} is no service of the release`)
  const choice = rollouts[name] ?? { rollout: 'overlap', because: '' }
  const image = request.images[name]
  const healthCommand = healthCommandOf(service.healthcheck, image?.healthCommand)
  const memoryBytes = memoryBytesOf(service)
  return {
    name,
    key: keyOf(context, name),
    role,
    roleBecause: roles[name]?.because ?? '',
    ...choice,
    phase: phaseOf(role, choice),
    dependsOn: neededBy(name, context),
    replicas: replicasOf(service),
    containers: containersOf(name, context),
    image: {
      reference: service.image ?? `${request.baseProject}-${name}`,
      ...(image?.id === undefined ? {} : { id: image.id }),
      built: service.build !== undefined,
    },
    routes: request.services[name]?.routes ?? [],
    ...proxyNames(name, context),
    ...(healthCommand === undefined ? {} : { healthCommand }),
    healthTimeoutMs: healthTimeoutOf(service.healthcheck),
    stopGraceSeconds: stopGraceOf(service),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    writes: mounts[name]?.writes ?? [],
  }
}

/** Compose numbers replicas itself, and then uses the key of the rendered file. */
function containersOf(name: string, context: RenderContext): string[] {
  const { baseProject, release } = context.request
  const project = releaseProject(baseProject, release)
  const replicas = replicasOf(context.model.services[name] ?? {})
  if (replicas === 1) return [`${project}-${name}-1`]
  const key = keyOf(context, name)
  return Array.from({ length: replicas }, (_, index) => `${project}-${key}-${index + 1}`)
}

function proxyNames(
  service: string,
  { request, model }: RenderContext,
): Pick<RenderedService, 'routeKey' | 'slotKey'> {
  const choice = request.services[service]
  if (choice === undefined || request.proxy === 'none') return {}
  const key = routeKey({ app: request.app, environment: request.environment, service })
  if (choice.routes.length > 0) return { routeKey: key, slotKey: key }
  const asked = choice.checkPorts.length > 0
  return asked && model.services[service]?.network_mode === undefined ? { slotKey: key } : {}
}

function releaseNetworks(
  services: readonly RenderedService[],
  context: RenderContext,
): ReleaseNetworks {
  const names = services.map(({ name }) => name)
  return networksOf({
    context,
    aliases: aliasesOf(names, context),
    slotKeys: Object.fromEntries(
      services.flatMap(({ name, slotKey }) => (slotKey === undefined ? [] : [[name, slotKey]])),
    ),
    alone: new Set(services.flatMap(({ name, rollout }) => (rollout === 'handover' ? [name] : []))),
  })
}

/** Volumes with options of their own that an accessory has too are made with it, by compose. */
function volumesOf(mounts: Readonly<Record<string, Mounts>>, base: ComposeModel): BaseObject[] {
  const volumes = Object.values(mounts).flatMap((each) => each.volumes)
  const byName = new Map(volumes.map((volume) => [volume.name, volume]))
  return [...byName.values()].filter(({ key, external, driver, driverOptions }) => {
    const special = driver !== undefined || driverOptions !== undefined
    return external || !special || base.volumes?.[key] === undefined
  })
}

/** One file may be mounted by several services; two files never go to one place. */
function unique(shipped: readonly ShippedFile[]): ShippedFile[] {
  return [...new Map(shipped.map((file) => [file.to, file])).values()]
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}
