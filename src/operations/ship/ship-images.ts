import type { RegistryConfig } from '../../config/pipeline/registries/registry.ts'
import { checkArchitecture } from '../draft/architecture.ts'
import { referencesOf, unavailable, type WantedImage } from '../draft/images.ts'
import { broughtFromOther } from '../draft/other-host.ts'
import { type Fleet, each, hostNamed, observedOn } from '../fleet.ts'
import type { ImageFacts } from '../../hosts/host.ts'
import { told } from '../run/told.ts'
import type { World } from '../world.ts'
import { Registries } from './registries.ts'
import { Sending } from './sending.ts'
import type { PushTarget } from './targets.ts'

/** Sends or pulls what a host lacks. All hosts at once; nothing is touched before all have all. */
export async function shipImages(
  world: World,
  fleet: Fleet,
  { wanted, registries: known, targets }: Ship,
): Promise<void> {
  const lacking = [...wanted.values()].filter((images) => images.length > 0)
  const sending = new Sending(world, fleet, lacking.length)
  const registries = new Registries(world, fleet, known)
  const shipping = { world, fleet, sending, registries, targets }
  try {
    await each([...wanted], ([name, images]) => shipTo(shipping, name, images))
  } finally {
    await sending.end()
  }
}

interface Ship {
  readonly wanted: ReadonlyMap<string, readonly WantedImage[]>
  readonly registries: readonly RegistryConfig[]
  /** Of images that go through a registry, by their names. */
  readonly targets: ReadonlyMap<string, PushTarget>
}

interface Shipping extends Pick<Ship, 'targets'> {
  readonly registries: Registries
  readonly world: World
  readonly fleet: Fleet
  readonly sending: Sending
}

async function shipTo(
  shipping: Shipping,
  name: string,
  images: readonly WantedImage[],
): Promise<void> {
  const { world, fleet } = shipping
  if (images.length === 0) return
  const host = hostNamed(fleet, name)
  const asked = images.map(({ id, reference }) => id ?? reference)
  // Side by side, as whoever deploys something new lacks something.
  const [there, here] = await Promise.all([
    host.imageIds(asked),
    world.workstation.imageFacts(referencesOf(images)),
  ])
  const lacking = images.filter(({ id, reference }) => there[id ?? reference] == null)
  if (lacking.length === 0) return
  const title = `put ${countOf(lacking)} there`
  // Minutes may go by in it: everybody should see what for.
  const about = { step: 'ship', host: name, title, because: 'the host lacks what it needs' }
  await told(world, about, () => putThere(shipping, { name, lacking, here }))
}

interface Lacking {
  readonly name: string
  readonly lacking: readonly WantedImage[]
  /** What this machine's Docker has of them. */
  readonly here: Readonly<Record<string, ImageFacts | null>>
}

async function putThere(
  { world, fleet, sending, registries, targets }: Shipping,
  { name, lacking, here }: Lacking,
): Promise<void> {
  const host = hostNamed(fleet, name)
  const onProgress = (text: string) => world.tell({ type: 'progress', host: name, text })
  const toSend: string[] = []
  for (const { reference, id } of lacking) {
    const push = targets.get(reference)
    const isPushed = push !== undefined && id !== undefined
    if (isPushed && (await registries.bring(host, { reference, id, push }, onProgress))) continue
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
  onProgress(`sending ${toSend.join(', ')}`)
  const images = toSend.flatMap((reference) => {
    const facts = here[reference]
    return facts == null ? [] : [{ reference, ...facts }]
  })
  await sending.send(name, { images, onProgress })

  /** What went wrong, if something did. */
  function pull(reference: string): Promise<unknown> {
    return registries.pull(host, reference, onProgress).catch((error: unknown) => error)
  }
}

function countOf(images: readonly WantedImage[]): string {
  const { size } = new Set(images.map(({ reference }) => reference))
  return size === 1 ? '1 image' : `${size} images`
}
