import { Failure } from '../../base/failure.ts'
import type { Host, ImageFacts, OnProgress } from '../../hosts/host.ts'
import { diskTooSmall } from '../../hosts/shipping/failures.ts'
import { lackingLayers, type LayersThere, type PackedLayers } from '../../hosts/shipping/layers.ts'
import { type Fleet, hostNamed, observedOn } from '../fleet.ts'
import type { LayersRequest } from '../../hosts/workstation.ts'
import type { World } from '../world.ts'

export interface Parcel {
  readonly images: readonly ShippedImage[]
  readonly onProgress: OnProgress
}

type ShippedImage = ImageFacts & { readonly reference: string }

interface Looking extends Pick<Parcel, 'images'> {
  readonly looking: Promise<LayersThere>
}

/** After a cut, the rest is sent: so often, and after so long. */
const PAUSES_MS = [500, 1500, 4000]

/** Sends images to hosts, layer by layer; what several lack alike is taken out of Docker once. */
export class Sending {
  readonly #world: World
  readonly #fleet: Fleet
  readonly #packs = new Map<string, Promise<PackedLayers | undefined>>()
  readonly #isAlone: boolean

  constructor(world: World, fleet: Fleet, hosts: number) {
    this.#world = world
    this.#fleet = fleet
    this.#isAlone = hosts === 1
  }

  async send(name: string, parcel: Parcel): Promise<void> {
    const host = hostNamed(this.#fleet, name)
    const { signal, clock } = this.#world
    for (const pause of [...PAUSES_MS, undefined]) {
      try {
        return await this.#try(host, parcel)
      } catch (error) {
        if (pause === undefined || !isCut(error) || signal?.aborted) throw error
        parcel.onProgress('the connection broke: sending what is missing')
        await clock.sleep(pause, signal)
      }
    }
  }

  /** Removes what was put aside on this machine. */
  async end(): Promise<void> {
    const packs = await Promise.allSettled(this.#packs.values())
    for (const pack of packs) if (pack.status === 'fulfilled') await pack.value?.remove()
  }

  /** Layers alone cannot be had everywhere, and would not be taken in by every Docker. */
  async #try(host: Host, parcel: Parcel): Promise<void> {
    const { images } = parcel
    if (observedOn(this.#fleet, host.name).facts.imageStore === 'classic') {
      const looking = host.images.layers()
      const packing = this.#fitting(host.name, { images, looking })
      packing.catch(() => undefined)
      const there = await looking
      if (await host.images.send({ ...parcel, packing, there })) return
    }
    const references = images.map(({ reference }) => reference)
    await host.images.load(this.#world.workstation.saveImages(references), parcel.onProgress)
  }

  async #fitting(name: string, { images, looking }: Looking): Promise<PackedLayers | undefined> {
    const packed = await this.#packed(images, looking)
    if (packed !== undefined) this.#mustFit(name, { images, packed, there: await looking })
    return packed
  }

  /** For one host, Docker begins while the host is looked at; several may lack the same. */
  async #packed(
    images: readonly ShippedImage[],
    looking: Promise<LayersThere>,
  ): Promise<PackedLayers | undefined> {
    const lacking = looking.then((there) => lackingOf(images, there))
    lacking.catch(() => undefined)
    if (this.#isAlone) return this.#pack(String(this.#packs.size), { images, lacking })
    const key = [...images.map(({ reference }) => reference), ...(await lacking)].join(' ')
    return this.#packs.get(key) ?? this.#pack(key, { images, lacking })
  }

  #pack(key: string, request: LayersRequest): Promise<PackedLayers | undefined> {
    const pack = this.#world.workstation.packLayers(request)
    this.#packs.set(key, pack)
    return pack
  }

  /** What arrives lies there twice, packed, while Docker unpacks it. */
  #mustFit(
    name: string,
    {
      images,
      packed,
      there,
    }: Pick<Parcel, 'images'> & { packed: PackedLayers; there: LayersThere },
  ): void {
    const { diskFreeBytes, stateDiskFreeBytes } = observedOn(this.#fleet, name).facts
    const layers = lackingOf(images, there)
    const sent = [...layers].reduce((sum, layer) => sum + (packed.blobs.get(layer)?.size ?? 0), 0)
    const most = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const needed = 2 * sent + Math.min(most, UNPACKED_FACTOR * sent)
    const free = Math.min(diskFreeBytes, stateDiskFreeBytes)
    if (free >= needed) return
    const [freeMb, neededMb] = [Math.floor(free / 1e6), Math.ceil(needed / 1e6)]
    throw diskTooSmall({ host: name, freeMb, neededMb })
  }
}

/** How much bigger layers are than they travel, if they are not the whole image. */
const UNPACKED_FACTOR = 4

function lackingOf(images: readonly ShippedImage[], there: LayersThere): ReadonlySet<string> {
  return new Set(images.flatMap(({ layers }) => lackingLayers(layers, there)))
}

function isCut(error: unknown): boolean {
  if (!(error instanceof Failure) || error.code !== 'LAYERS_NOT_SENT') return false
  return (error.details as { isCut: boolean }).isCut
}
