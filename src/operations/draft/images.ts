import { Failure } from '../../base/failure.ts'
import type { ProxyConfig } from '../../config/app-config.ts'
import type { Host, ImageFacts, OnProgress } from '../../hosts/host.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import { missingAccessories } from '../../plan/accessories.ts'
import { usesProxy } from '../../rollouts/prelude.ts'
import type { Plan } from '../../plan/plan.ts'
import { BuildInputs, type BuildsRequest, type ServiceBuild } from '../build/inputs.ts'
import { imageUnavailable } from '../failures.ts'
import { type Fleet, each, hostNamed, observedOn } from '../fleet.ts'
import type { World } from '../world.ts'
import { checkArchitecture } from './architecture.ts'

/** Where the image of one app service comes from, and what is known of it. */
export interface ServiceImage {
  readonly service: string
  /** The name in the compose file; for a build, the name that its inputs give it. */
  readonly reference: string
  /** Built from the user's files: the hash of what goes in is its identity. */
  readonly build: ServiceBuild | undefined
  /** On this machine. */
  readonly here: ImageFacts | undefined
  /** On each host, by the host's name. */
  readonly there: ReadonlyMap<string, ImageFacts | undefined>
}

/** `latest`, or no tag at all: a name that says nothing about what it holds. */
export function isMoving(reference: string): boolean {
  if (reference.includes('@')) return false
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return !name.includes(':') || name.endsWith(':latest')
}

/** A build's name is made of its inputs, so that the same inputs are never built twice. */
export function buildReference(app: string, service: string, hash: string): string {
  return `belay/${app}/${service.toLowerCase()}:build-${hash.slice(0, 16)}`
}

/** Before any host was asked. */
export type LocalImage = Omit<ServiceImage, 'there'>

/** The images of these services by name, and what is known of them on this machine. */
export async function findImagesHere(
  world: World,
  request: BuildsRequest,
  names: readonly string[],
): Promise<LocalImage[]> {
  const inputs = new BuildInputs(world, request)
  const named = await each(names, async (service) => {
    const build = await inputs.of(service)
    const reference =
      build === undefined
        ? (request.model.services[service]?.image ?? `${service}:latest`)
        : buildReference(request.config.app, service, build.hash)
    return { service, reference, build }
  })
  return lookHere(world, named)
}

/** What is known of them on this machine now. */
export async function lookHere(
  world: Pick<World, 'workstation'>,
  images: readonly Omit<LocalImage, 'here'>[],
): Promise<LocalImage[]> {
  const here = await world.workstation.imageFacts(referencesOf(images))
  return images.map((image) => ({ ...image, here: here[image.reference] ?? undefined }))
}

/** The same images, and what is known of them on each host. */
export async function findImagesThere(
  fleet: Fleet,
  images: readonly LocalImage[],
): Promise<ServiceImage[]> {
  const references = referencesOf(images)
  const there = await each(fleet.names, async (host) => {
    const facts = await hostNamed(fleet, host).imageIds(references)
    return [host, facts] as const
  })
  return images.map((image) => ({
    ...image,
    there: new Map(there.map(([host, facts]) => [host, facts[image.reference] ?? undefined])),
  }))
}

export function referencesOf(images: readonly { readonly reference: string }[]): string[] {
  return [...new Set(images.map(({ reference }) => reference))]
}

/**
 * The facts that stand for an image: what was built here wins; then what the hosts have; then what
 * was pulled here once. Undefined: it must be built or pulled first.
 */
export function chosenFacts({ here, there }: ServiceImage): ImageFacts | undefined {
  if (here !== undefined && here.digests.length === 0) return here
  const onHosts = [...there.values()].find((facts) => facts !== undefined)
  return onHosts ?? here
}

export function isUnbuilt(image: ServiceImage): boolean {
  return image.build !== undefined && chosenFacts(image) === undefined
}

/**
 * Builds and pulls what is missing or moves, here and on the hosts; changes no app. True when
 * something was, so that what is known of images is out of date.
 */
export async function prepareImages(
  world: World,
  { images, fleet, build, pull }: Prepare,
): Promise<boolean> {
  const toBuild = images.filter(isUnbuilt)
  if (toBuild.length > 0) await build(toBuild)
  const toPull = images.filter((image) => image.build === undefined && wantsPull(image))
  await each(toPull, (image) => pullEverywhere(world, { fleet, pull }, image))
  return toBuild.length + toPull.length > 0
}

async function pullEverywhere(
  world: World,
  { fleet, pull }: Pick<Prepare, 'fleet' | 'pull'>,
  image: ServiceImage,
): Promise<void> {
  const { reference, there } = image
  await each(fleet.names, async (name) => {
    const onProgress = (text: string) => world.tell({ type: 'progress', host: name, text })
    try {
      await pull(hostNamed(fleet, name), reference, onProgress)
    } catch (cause) {
      if (there.get(name) === undefined) throw await unavailable(world, { name, reference, cause })
      const text = `${reference} could not be pulled on ${name}: the one that is there is used`
      world.tell({ type: 'warning', code: 'PULL_FAILED', text })
    }
  })
}

interface Prepare {
  readonly images: readonly ServiceImage[]
  readonly fleet: Fleet
  readonly build: (images: readonly ServiceImage[]) => Promise<void>
  readonly pull: (host: Host, reference: string, onProgress: OnProgress) => Promise<void>
}

function wantsPull(image: ServiceImage): boolean {
  const { here, there, reference } = image
  if (here !== undefined && here.digests.length === 0) return false
  const everywhere = [...there.values()].every((facts) => facts !== undefined)
  return isMoving(reference) || (!everywhere && here === undefined)
}

/** Of images that hosts have already, before anything is changed there. */
export function checkArchitectures(fleet: Fleet, { images, source }: Wanted['draft']): void {
  for (const { service, reference, there } of images) {
    // Whoever names a platform has something on the host that runs it.
    if (source.model.services[service]?.platform !== undefined) continue
    for (const [host, facts] of there) {
      if (facts === undefined) continue
      const machine = observedOn(fleet, host).facts.architecture
      checkArchitecture({ host, reference, image: facts.architecture, machine })
    }
  }
}

/** What a host must have before anything is touched. */
export interface WantedImage {
  readonly reference: string
  /** Undefined for accessories and the proxy: whatever bears the name. */
  readonly id: string | undefined
}

/** What each host lacks, or may lack: the release's images, and what the base starts with. */
export function wantedImages({ plan, draft, fleet, proxy }: Wanted): Map<string, WantedImage[]> {
  return new Map(
    plan.hosts.map(({ host, release, images }) => {
      const observed = observedOn(fleet, host)
      const accessories = missingAccessories(release, observed).map((name) => ({
        reference: draft.source.model.services[name]?.image ?? name,
        id: undefined,
      }))
      const ofProxy =
        usesProxy(release) && !observed.proxy.running
          ? [{ reference: proxy.image, id: undefined }]
          : []
      const has = new Set(draft.images.map((image) => image.there.get(host)?.id))
      return [host, [...images.filter(({ id }) => !has.has(id)), ...accessories, ...ofProxy]]
    }),
  )
}

interface Wanted {
  readonly plan: Plan
  readonly draft: {
    readonly source: { readonly model: ComposeModel }
    readonly images: readonly ServiceImage[]
  }
  readonly fleet: Fleet
  readonly proxy: ProxyConfig
}

/** Without Docker here, an image cannot come from here: that is said, rather than that it is not here. */
export async function unavailable(
  world: World,
  { name, reference, cause }: { name: string; reference: string; cause: unknown },
): Promise<Failure> {
  // What a registry says of itself is better than that an image is nowhere.
  if (cause instanceof Failure && cause.code.startsWith('REGISTRY_')) return cause
  const noDockerHere = await world.workstation.whyNoDocker()
  const about = noDockerHere === undefined ? {} : { noDockerHere }
  return imageUnavailable({ host: name, reference, ...about }, { cause })
}
