import type { HostImages } from './images.ts'
import type { Programs } from '../programs.ts'
import { pullThrough, pushThrough } from './registry/through.ts'
import { lookForLayers, sendLayers } from './host-layers.ts'

interface Around {
  /** Sees to it that there is a link first. */
  readonly beside: <T>(work: () => Promise<T>) => Promise<T>
  /** For layers that arrive, in the state folder of the app. */
  readonly folder: () => string
  readonly signal: () => AbortSignal | undefined
}

/** How images get to a host that is reached by a link. */
export function hostImages(programs: Programs, around: Around): HostImages {
  const { beside, folder } = around
  const watch = <T extends object>(of: T): T & { readonly signal?: AbortSignal } => {
    const signal = around.signal()
    return { ...of, ...(signal === undefined ? {} : { signal }) }
  }
  return {
    pull: (reference, onProgress) => beside(() => programs.pullImage(reference, onProgress)),
    load: (archive, onProgress) => beside(() => programs.loadImage(archive, onProgress)),
    save: (references) => beside(() => programs.saveImages(references)),
    layers: () => beside(async () => lookForLayers(await programs.site(folder()))),
    pullThrough: (pull, onProgress) =>
      beside(async () => pullThrough(await programs.site(folder()), pull, watch({ onProgress }))),
    pushThrough: (push, onProgress) =>
      beside(async () => pushThrough(await programs.site(folder()), push, watch({ onProgress }))),
    send: (parcel) => beside(async () => sendLayers(await programs.site(folder()), watch(parcel))),
  }
}
