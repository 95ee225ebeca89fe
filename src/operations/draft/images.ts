import type { Failure } from '../../base/failure.ts'
import type { ProxyConfig } from '../../config/app-config.ts'
import type { ImageFacts } from '../../hosts/host.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import { missingAccessories } from '../../plan/accessories.ts'
import { usesProxy } from '../../rollouts/prelude.ts'
import type { Plan } from '../../plan/plan.ts'
import { BuildInputs, type BuildsRequest, type ServiceBuild } from '../build/inputs.ts'
import { imageUnavailable } from '../failures.ts'
import { type Fleet, each, hostNamed, observedOn } from '../fleet.ts'
import type { World } from '../world.ts'
import { broughtFromOther } from './other-host.ts'
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

function referencesOf(images: readonly { readonly reference: string }[]): string[] {
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
  { images, fleet, build }: Prepare,
): Promise<boolean> {
  const toBuild = images.filter(isUnbuilt)
  if (toBuild.length > 0) await build(toBuild)
  const toPull = images.filter((image) => image.build === undefined && wantsPull(image))
  await each(toPull, (image) => pullEverywhere(world, fleet, image))
  return toBuild.length + toPull.length > 0
}

async function pullEverywhere(world: World, fleet: Fleet, image: ServiceImage): Promise<void> {
  const { reference, there } = image
  await each(fleet.names, async (name) => {
    const onProgress = (text: string) => world.tell({ type: 'progress', host: name, text })
    try {
      await hostNamed(fleet, name).pullImage(reference, onProgress)
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

/** Sends or pulls what a host lacks. All hosts at once. */
export async function shipImages(
  world: World,
  fleet: Fleet,
  wanted: ReadonlyMap<string, readonly WantedImage[]>,
): Promise<void> {
  await each([...wanted], ([name, images]) => shipTo(world, fleet, { name, images }))
}

async function shipTo(
  world: World,
  fleet: Fleet,
  { name, images }: { name: string; images: readonly WantedImage[] },
): Promise<void> {
  if (images.length === 0) return
  const host = hostNamed(fleet, name)
  const onProgress = (text: string) => world.tell({ type: 'progress', host: name, text })
  const asked = images.map(({ id, reference }) => id ?? reference)
  const there = await host.imageIds(asked)
  const lacking = images.filter(({ id, reference }) => there[id ?? reference] == null)
  if (lacking.length === 0) return
  const title = `put ${countOf(lacking)} there`
  await asStep(world, { host: name, title }, () =>
    putThere(world, fleet, { name, lacking, onProgress }),
  )
}

interface Lack {
  readonly name: string
  readonly lacking: readonly WantedImage[]
  readonly onProgress: (text: string) => void
}

async function putThere(
  world: World,
  fleet: Fleet,
  { name, lacking, onProgress }: Lack,
): Promise<void> {
  const host = hostNamed(fleet, name)
  const here = await world.workstation.imageFacts(referencesOf(lacking))
  const toSend: string[] = []
  for (const { reference, id } of lacking) {
    const facts = here[reference]
    const isOurs = facts != null && (id === undefined || facts.id === id)
    if (isOurs && facts.digests.length === 0) toSend.push(reference)
    else {
      if (await broughtFromOther(world, fleet, { name, reference, id, onProgress })) continue
      const cause = await pull(reference)
      if (cause !== undefined && !isOurs) throw await unavailable(world, { name, reference, cause })
      if (cause !== undefined) toSend.push(reference)
    }
  }
  const machine = observedOn(fleet, name).facts.architecture
  for (const reference of toSend) {
    const image = here[reference]?.architecture ?? ''
    checkArchitecture({ host: name, reference, image, machine })
  }
  if (toSend.length === 0) return
  world.tell({ type: 'progress', host: name, text: `sending ${toSend.join(', ')}` })
  await host.loadImage(world.workstation.saveImages(toSend), onProgress)

  /** What went wrong, if something did. */
  function pull(reference: string): Promise<unknown> {
    return host.pullImage(reference, onProgress).catch((error: unknown) => error)
  }
}

/** Without Docker here, an image cannot come from here: that is said, rather than that it is not here. */
async function unavailable(
  world: World,
  { name, reference, cause }: { name: string; reference: string; cause: unknown },
): Promise<Failure> {
  const noDockerHere = await world.workstation.whyNoDocker()
  const about = noDockerHere === undefined ? {} : { noDockerHere }
  return imageUnavailable({ host: name, reference, ...about }, { cause })
}

function countOf(images: readonly WantedImage[]): string {
  const { size } = new Set(images.map(({ reference }) => reference))
  return size === 1 ? '1 image' : `${size} images`
}

/** Minutes may go by in it: everybody should see what for. */
async function asStep(
  world: World,
  { host, title }: { host: string; title: string },
  work: () => Promise<void>,
): Promise<void> {
  const about = { step: 'ship', host }
  const begun = world.clock.monotonic()
  world.tell({ type: 'step-started', ...about, title, because: 'the host lacks what it needs' })
  let ok = false
  try {
    await work()
    ok = true
  } finally {
    const durationMs = world.clock.monotonic() - begun
    world.tell({ type: 'step-finished', ...about, durationMs, ok })
  }
}
