import * as z from 'zod/mini'
import type { ImageFacts } from '../host.ts'
import { isOfPacking } from '../shipping/layers.ts'

/** What `docker image inspect` tells of one image, as far as Belay looks into it. */
const Inspected = z.object({
  Id: z.string(),
  Architecture: z.string(),
  RepoDigests: z.nullish(z.array(z.string())),
  RootFS: z.nullish(z.object({ Layers: z.nullish(z.array(z.string())) })),
  Size: z.nullish(z.number()),
  Config: z.nullish(
    z.object({
      User: z.nullish(z.string()),
      Volumes: z.nullish(z.record(z.string(), z.unknown())),
      Shell: z.nullish(z.array(z.string())),
      Healthcheck: z.nullish(z.object({ Test: z.nullish(z.array(z.string())) })),
    }),
  ),
})

/** The answer of the kit's verb `images`: a line of JSON for each reference, in their order. */
export function readImages(
  references: readonly string[],
  lines: readonly string[],
): Record<string, ImageFacts | null> {
  const facts = references.map((reference, index) => {
    const inspected: unknown = JSON.parse(lines[index] ?? 'null')
    return [reference, inspected === null ? null : readImageFacts(inspected)] as const
  })
  return Object.fromEntries(facts)
}

export function readImageFacts(inspected: unknown): ImageFacts {
  const it = Inspected.parse(inspected)
  const test = it.Config?.Healthcheck?.Test ?? []
  const healthCommand = commandOf(test, it.Config?.Shell ?? ['/bin/sh', '-c'])
  return {
    id: it.Id,
    architecture: it.Architecture,
    digests: (it.RepoDigests ?? []).filter((digest) => !isOfPacking(digest)),
    layers: it.RootFS?.Layers ?? [],
    volumes: Object.keys(it.Config?.Volumes ?? {}).sort(),
    ...(healthCommand === undefined ? {} : { healthCommand }),
    user: it.Config?.User ?? '',
    sizeBytes: it.Size ?? 0,
  }
}

/** `['CMD', word…]`, `['CMD-SHELL', line]` or `['NONE']`. */
function commandOf(
  [kind, ...words]: readonly string[],
  shell: readonly string[],
): readonly string[] | undefined {
  if (kind === 'CMD' && words.length > 0) return words
  if (kind === 'CMD-SHELL' && words.length > 0) return [...shell, ...words]
  return undefined
}
