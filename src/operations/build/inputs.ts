import { createHash } from 'node:crypto'
import type { AppConfig } from '../../config/app-config.ts'
import type { BuildSettings } from '../../config/pipeline/build.ts'
import type { BuildContext } from '../../hosts/workstation.ts'
import type { ComposeBuild, ComposeModel } from '../../plan/compose-model.ts'
import { each } from '../fleet.ts'
import type { World } from '../world.ts'

/** What goes into an image that is built. */
export interface ServiceBuild {
  /** Equal hashes give equal images: when it was built, and under which commit, is no part of it. */
  readonly hash: string
  /** The compose file's own section, with what `belay.yaml` says laid over it. */
  readonly section: ComposeBuild
  /** By their names in the section, those of its bases among them. */
  readonly contexts: ReadonlyMap<string, BuildContext>
  /** Other services that it is built upon (`service:base`), by name. */
  readonly bases: ReadonlyMap<string, ComposeBuild>
}

export interface BuildsRequest {
  readonly config: AppConfig
  readonly model: ComposeModel
  /** With what is not committed. */
  readonly asItLies: boolean
}

/** Reads what builds are made of; a context that several services share is read once. */
export class BuildInputs {
  readonly #world: Pick<World, 'workstation'>
  readonly #request: BuildsRequest
  readonly #contexts = new Map<string, Promise<BuildContext>>()

  constructor(world: Pick<World, 'workstation'>, request: BuildsRequest) {
    this.#world = world
    this.#request = request
  }

  /** Undefined for a service that is not built. */
  of(service: string): Promise<ServiceBuild | undefined> {
    return this.#of(service, [])
  }

  async #of(name: string, above: readonly string[]): Promise<ServiceBuild | undefined> {
    const { config, model } = this.#request
    const written = model.services[name]?.build
    if (written?.context === undefined) return undefined
    const section = laidOver(written, config.services[name]?.build ?? config.build)
    const own = await this.#contextsOf(section)
    const path = [...above, name]
    const below = await each(basesOf(section, path), async (base) => {
      const build = await this.#of(base, path)
      return build === undefined ? [] : [{ base, build }]
    })
    const bases = below.flat()
    const hashes = [...own.values(), ...bases.map(({ build }) => build)].map(({ hash }) => hash)
    return {
      section,
      hash: sha256([hashes, identityOf(section)]),
      contexts: new Map([...bases.flatMap(({ build }) => [...build.contexts]), ...own]),
      bases: new Map(
        bases.flatMap(({ base, build }) => [...build.bases, [base, build.section] as const]),
      ),
    }
  }

  async #contextsOf(section: ComposeBuild): Promise<Map<string, BuildContext>> {
    const { context = '.', dockerfile = 'Dockerfile', dockerfile_inline: inline } = section
    const recipe = inline === undefined ? plain(dockerfile) : undefined
    const others = Object.values(section.additional_contexts ?? {}).filter(isFolder)
    const read = [{ name: context, recipe }, ...others.map((name) => ({ name, recipe: undefined }))]
    const all = await each(read, async (one) => [one.name, await this.#read(one)] as const)
    return new Map(all)
  }

  #read({ name, recipe }: { name: string; recipe: string | undefined }): Promise<BuildContext> {
    const key = JSON.stringify([name, recipe])
    const { asItLies } = this.#request
    const reading =
      this.#contexts.get(key) ??
      this.#world.workstation.readBuildContext({ folder: plain(name), recipe, asItLies })
    this.#contexts.set(key, reading)
    return reading
  }
}

/** Names of services that this one is built upon, but for those it is asked by. */
function basesOf(
  { additional_contexts: more = {} }: ComposeBuild,
  above: readonly string[],
): readonly string[] {
  const names = Object.values(more).flatMap((each) => /^service:(.+)$/.exec(each)?.[1] ?? [])
  return names.filter((name) => !above.includes(name))
}

function isFolder(context: string): boolean {
  return context.startsWith('/')
}

/** Compose doubles each `$` of its model, and halves it when it reads it again. */
const plain = (text: string): string => text.replaceAll('$$', '$')
export const doubled = (text: string): string => text.replaceAll('$', '$$$$')

/** What `belay.yaml` says wins: maps name by name, the rest as a whole. */
function laidOver(section: ComposeBuild, settings: BuildSettings): ComposeBuild {
  const { platforms, cacheFrom, cacheTo, target } = settings
  const args = { ...section.args, ...mapTexts(settings.args) }
  const labels = { ...section.labels, ...mapTexts(settings.labels) }
  return {
    ...section,
    ...(Object.keys(args).length === 0 ? {} : { args }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(platforms.length === 0 ? {} : { platforms: [...platforms] }),
    ...(cacheFrom.length === 0 ? {} : { cache_from: cacheFrom.map(doubled) }),
    ...(cacheTo.length === 0 ? {} : { cache_to: cacheTo.map(doubled) }),
    ...(target === undefined ? {} : { target: doubled(target) }),
  }
}

function mapTexts(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, doubled(text)]))
}

const NO_IDENTITY: ReadonlySet<string> = new Set(
  'context additional_contexts cache_from cache_to tags'.split(' '),
)

/** Where the folders lie is no part of it, nor what only makes it faster or gives it more names. */
function identityOf(section: ComposeBuild): unknown {
  const named = Object.entries(section.additional_contexts ?? {})
  const bases = named.map(([name, from]) => [name, isFolder(from) ? '' : from])
  const rest = Object.entries(section).filter(([key]) => !NO_IDENTITY.has(key))
  return [rest.sort(([a], [b]) => (a < b ? -1 : 1)), bases]
}

function sha256(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}
