import type { ComposeBuild } from '../../plan/compose-model.ts'
import type { BuildModel } from '../workstation.ts'

type Feature = readonly [name: string, asks: (build: ComposeBuild) => boolean]

/** What only buildx can do, by what a compose file calls it. */
const OF_BUILDX: readonly Feature[] = [
  ['platforms', ({ platforms = [] }) => platforms.length > 0],
  ['secrets', ({ secrets = [] }) => secrets.length > 0],
  ['ssh', ({ ssh = [] }) => ssh.length > 0],
  ['cache.to', ({ cache_to = [] }) => cache_to.length > 0],
  ['cache.from with a type', ({ cache_from = [] }) => cache_from.some(isTyped)],
  ['additional_contexts', ({ additional_contexts: more = {} }) => Object.keys(more).length > 0],
  ['dockerfile_inline', (build) => build.dockerfile_inline !== undefined],
  ['privileged', ({ privileged }) => privileged === true],
]

function isTyped(entry: string): boolean {
  return entry.includes('type=') && !entry.includes('type=registry')
}

/** The features that these services ask for, and that a plain `docker build` lacks. */
export function buildxFeatures({ services }: BuildModel, names: readonly string[]): string[] {
  const builds = names.flatMap((name): ComposeBuild[] => {
    const build = services[name]?.build
    return build === undefined ? [] : [build]
  })
  return OF_BUILDX.filter(([, asks]) => builds.some(asks)).map(([name]) => name)
}
