import type { LayersThere, PackedImage, PackedLayers } from './layers.ts'
import type { RegistryPull, RegistryPush } from './registry/words.ts'

type OnProgress = (text: string) => void

/** How images get to a host, and from there. Fails with what stands in `failures.ts`, and nothing else. */
export interface HostImages {
  pull(reference: string, onProgress?: OnProgress): Promise<void>
  /** Streams `docker save` output in. */
  load(archive: NodeJS.ReadableStream, onProgress?: OnProgress): Promise<void>
  /** A `docker save` stream of some images, for another host. */
  save(references: readonly string[]): Promise<NodeJS.ReadableStream>
  /** Through a registry, with a login that is given for that and kept nowhere. */
  pullThrough(pull: RegistryPull, onProgress: OnProgress): Promise<void>
  /** Resolves to the name with the digest. */
  pushThrough(push: RegistryPush, onProgress: OnProgress): Promise<string>
  /** What is there of images' layers. Changes nothing. */
  layers(): Promise<LayersThere>
  /**
   * Sends what is missing there as soon as it is packed. Done again after a cut, it sends the rest.
   * False: nothing could be packed, and nothing was sent.
   */
  send(parcel: LayersParcel): Promise<boolean>
}

export interface LayersParcel {
  readonly images: readonly Pick<PackedImage, 'reference' | 'id'>[]
  /** The host gets ready meanwhile. */
  readonly packing: Promise<PackedLayers | undefined>
  readonly there: LayersThere
  readonly onProgress: OnProgress
}
