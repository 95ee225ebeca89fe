import { createHash } from 'node:crypto'

/** The words of shipping: what a host has of images' layers, and what is sent of them. */

/** What a host has already. */
export interface LayersThere {
  /** Chains of layers, by `chainsOf`. */
  readonly chains: ReadonlySet<string>
  /** What an attempt that was cut off left there: names of pieces, and how much of each. */
  readonly pieces: ReadonlyMap<string, number>
}

/** Some layers of some images, put aside on this machine for hosts that lack them. */
export interface PackedLayers {
  readonly images: readonly PackedImage[]
  /** By the layer's own identity, of its bytes unpacked. */
  readonly blobs: ReadonlyMap<string, Blob>
  readonly remove: () => Promise<void>
}

export interface PackedImage {
  readonly reference: string
  /** The hash of `config`: what Docker's usual store calls an image by. */
  readonly id: string
  readonly config: Uint8Array
  readonly layers: readonly string[]
}

/** A layer as it travels: compressed, in pieces that are each named by what is in them. */
export interface Blob {
  readonly digest: string
  readonly size: number
  readonly pieces: readonly Piece[]
}

export interface Piece {
  readonly name: string
  readonly size: number
  readonly path: string
}

/**
 * As Docker does it: a layer counts together with all that lie below it, so that each stands for a
 * stack. The last one stands for the whole image's.
 */
export function chainsOf(layers: readonly string[]): readonly string[] {
  const chains: string[] = []
  for (const layer of layers) {
    const below = chains.at(-1)
    chains.push(below === undefined ? layer : digestOf(`${below} ${layer}`))
  }
  return chains
}

/** Layers of an image that a host lacks, from the bottom up. */
export function lackingLayers(
  layers: readonly string[],
  { chains }: Pick<LayersThere, 'chains'>,
): readonly string[] {
  const stacks = chainsOf(layers)
  return layers.filter((_, index) => !chains.has(stacks[index] ?? ''))
}

export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** Where Docker believes that it pushes to: always the same, as it remembers what is there. */
export const PACKING = 'belay/layers'

/** What Docker shows of our own pushing is nobody's registry. */
export function isOfPacking(name: string): boolean {
  return /^127\.0\.0\.1:\d+\/belay\/layers[@:]/.test(name)
}
