import type { LayersThere, PackedLayers } from './layers.ts'
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
  /** Sends what is missing there. Done again after a cut, it sends the rest. */
  send(parcel: LayersParcel): Promise<void>
}

export interface LayersParcel {
  readonly packed: PackedLayers
  readonly there: LayersThere
  readonly onProgress: OnProgress
}
