import type { AppConfig } from '../../config/app-config.ts'
import type { Observed } from '../../plan/observed.ts'
import { patienceOf } from '../../plan/patience.ts'
import { releaseProject } from '../../base/names.ts'
import type { CheckSpec, ImageIdentity, Release, ReleaseService } from '../../plan/release.ts'
import type { Rendered, RenderedService } from '../../plan/render/rendered.ts'
import { idleSlot } from '../../rollouts/old-release.ts'
import type { World } from '../world.ts'
import { definitionsOf, sha256 } from './definitions.ts'
import type { Draft } from './draft.ts'
import { chosenFacts } from './images.ts'

export interface MakeRelease {
  readonly draft: Draft
  readonly rendered: Rendered
  readonly id: string
  readonly observed: Observed
}

/** The record that the host keeps: enough to run this release again, and to prove it. */
export function makeRelease(
  world: World,
  config: AppConfig,
  { draft, rendered, id, observed }: MakeRelease,
): Release {
  const { baseProject, commit, composedOn } = draft.source
  return {
    schema: 1,
    id,
    app: config.app,
    environment: config.environment,
    createdAt: new Date(world.clock.now()).toISOString(),
    createdBy: world.owner,
    ...(commit === undefined ? {} : { commit }),
    ...(composedOn === undefined ? {} : { composedOn }),
    fingerprint: draft.fingerprint,
    baseProject,
    project: releaseProject(baseProject, id),
    slot: idleSlot(observed),
    services: rendered.services.map((service) =>
      makeService(service, { config, draft, id, services: rendered.services }),
    ),
    accessories: rendered.accessories,
    base: definitionsOf(rendered.base),
    ...(rendered.live.length > 0 ? { live: rendered.live } : {}),
    checks: checksOf(config, rendered),
    proxy: config.proxy.mode,
    // Several hosts cannot share one certificate by ACME: the user's balancer terminates TLS.
    tls: config.proxy.tls === 'auto' && config.hosts.length === 1 ? 'auto' : 'off',
    ...adoptedBy(draft, observed),
    volumes: rendered.volumes,
    networks: rendered.networks,
  }
}

function adoptedBy(draft: Draft, { host }: Observed): Pick<Release, 'adopted'> {
  const adopted = draft.adopted.get(host)
  return adopted === undefined ? {} : { adopted }
}

interface ForService {
  readonly config: AppConfig
  readonly draft: Draft
  readonly id: string
  /** All of the release. */
  readonly services: readonly RenderedService[]
}

function makeService(service: RenderedService, about: ForService): ReleaseService {
  const { name, key, role, rollout, because, containers, routes, healthTimeoutMs } = service
  return {
    name,
    key,
    role,
    rollout,
    because,
    containers,
    routes,
    healthTimeoutMs,
    image: imageOf(service, about),
    definition: definitionOf(service, about.draft),
    ...(service.dependsOn.length === 0 ? {} : { needs: service.dependsOn }),
    ...(service.routeKey === undefined ? {} : { routeKey: service.routeKey }),
    ...(service.slotKey === undefined ? {} : { slotKey: service.slotKey }),
    ...(service.healthCommand === undefined ? {} : { healthCommand: service.healthCommand }),
    ...patienceOf(service, about),
  }
}

/** Before a build there is no id; a plan may be shown all the same. */
function imageOf(service: RenderedService, { config, draft, id }: ForService): ImageIdentity {
  const image = draft.images.find((each) => each.service === service.name)
  const reference = image?.reference ?? service.image.reference
  return {
    reference,
    id: (image && chosenFacts(image)?.id) ?? service.image.id ?? reference,
    keepTag: `belay/${config.app}-${config.environment}/${service.name.toLowerCase()}:${id}`,
  }
}

function definitionOf({ name, key }: RenderedService, { neutral }: Draft): string {
  const before = neutral.services.find((service) => service.name === name)
  const definition = neutral.release.services[before?.key ?? key]
  // The image is compared by its id, and has none before a build.
  const text = JSON.stringify({ ...definition, image: null })
  return sha256(text.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256'))
}

/** A smoke check that names no service asks the first one that clients reach. */
function checksOf(config: AppConfig, rendered: Rendered): CheckSpec[] {
  const front = rendered.services.find(({ routes }) => routes.length > 0) ?? rendered.services[0]
  const own = Object.entries(config.services).flatMap(([service, { checks }]) =>
    checks.map((check) => ({ ...check, service: check.service ?? service })),
  )
  const smoke = config.smoke.map((check) => ({
    ...check,
    service: check.service ?? front?.name ?? '',
  }))
  return [...own, ...smoke].map(({ kind, service, settings }) => ({ kind, service, settings }))
}
