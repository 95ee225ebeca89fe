import * as z from 'zod/mini'
import { keyed, line, listOf, matching, optional, variableName } from '../source/leaves.ts'
import { compact, turned, withDefault } from '../source/leaves.ts'

/** How images are built, beside what the compose file's own `build` says. */
export interface BuildSettings {
  /** Laid over the compose file's, name by name. */
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** The names of arguments that may come from outside, as they hold no secret. */
  readonly publicArgs: readonly string[]
  readonly platforms: readonly string[]
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  readonly tags: readonly string[]
  readonly target?: string
}

export interface BuildConfig extends BuildSettings {
  /** `here`, or the name of the host that builds. */
  readonly on: string
}

/** What holds where `belay.yaml` says nothing of building. */
export const BUILD_DEFAULTS: BuildConfig = {
  on: 'here',
  args: {},
  labels: {},
  publicArgs: [],
  platforms: [],
  cacheFrom: [],
  cacheTo: [],
  tags: [],
}

export type WrittenBuild = z.output<z.ZodMiniObject<ReturnType<typeof commonKeys>>>

/** The key `build` at the top level: of all services that are built. */
export function buildKey() {
  const keys = keyed({
    on: withDefault(line('here, or one of the hosts is needed'), BUILD_DEFAULTS.on, {
      description:
        'Where images are built: `here`, or on one of the hosts, by its name in `hosts`. The ' +
        'others get the image from there.',
      examples: ['deploy@a.example.com'],
    }),
    ...commonKeys(),
  })
  return withDefault(
    keys,
    {},
    {
      description: "How images are built, on top of what the compose file's `build` sections say.",
      examples: [{ target: 'production', args: { GIT_COMMIT: '{commit}' } }],
    },
  )
}

/** The key `build` of one service: over what the top level says. */
export function serviceBuildKey() {
  return optional(keyed(commonKeys()), {
    description: 'How this one is built, over what `build` at the top level says.',
    examples: [{ target: 'worker' }],
  })
}

function commonKeys() {
  const target = line('the name of a stage is needed, such as production')
  return {
    args: optional(texts('NODE_ENV', 'production'), {
      description:
        'Build arguments. `{commit}`, `{short-commit}`, `{branch}` and `{created}` stand for what ' +
        'is built and when. A secret is refused: an argument stays readable in the image.',
      examples: [{ NODE_ENV: 'production', GIT_COMMIT: '{commit}' }],
    }),
    'public-args': optional(listOf(variableName(), 'a list of names is needed, as [VERSION]'), {
      description: 'Arguments that may take their value from outside, as they hold no secret.',
      examples: [['VERSION']],
    }),
    labels: optional(texts('org.example.team', 'shop'), {
      description: 'Labels of the image, beside those for commit, date and source.',
      examples: [{ 'org.example.team': 'shop' }],
    }),
    target: optional(target, {
      description: 'The stage of the Dockerfile that is built.',
      examples: ['production'],
    }),
    platforms: optional(platforms(), {
      description:
        'What the image must run on. Left out, it is what the building machine is. Needs buildx.',
      examples: [['linux/arm64']],
    }),
    cache: optional(cache(), {
      description: 'Where layers that were built before come from and go to. Needs buildx.',
      examples: [{ from: ['registry.example.com/shop/web:cache'] }],
    }),
    tags: optional(listOf(tag(), 'a list of tags is needed, such as [latest]'), {
      description:
        'More names for the image where it is built. The short commit is always one of them.',
      examples: [['latest']],
    }),
  }
}

function texts(name: string, value: string) {
  const allowed = `a map of texts is needed, such as { ${name}: ${value} }`
  const written = z.union([z.string(), z.number(), z.boolean()], { error: allowed })
  const text = turned(written, String)
  return z.record(line('a name is a text of one line'), text, { error: allowed })
}

function platforms() {
  const allowed = 'a platform is linux and an architecture, such as linux/amd64 or linux/arm/v7'
  const platform = matching(/^linux\/[a-z0-9_]+(\/v\d+)?$/, allowed)
  return listOf(platform, 'a list is needed, such as [linux/amd64]')
}

function cache() {
  const entry = line('an image or an entry such as type=gha is needed')
  const entries = listOf(entry, 'a list is needed, such as [registry.example.com/shop:cache]')
  return keyed({
    from: optional(entries, {
      description: 'As `cache_from` in a compose file.',
      examples: [['type=gha']],
    }),
    to: optional(entries, {
      description: 'As `cache_to` in a compose file.',
      examples: [['type=gha,mode=max']],
    }),
  })
}

function tag() {
  return matching(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
    'a tag has only letters, digits and . _ - in it, such as latest',
  )
}

interface WithBuild {
  readonly build: WrittenBuild & { readonly on: string }
}

export function resolveBuild({ build }: WithBuild): BuildConfig {
  return { on: build.on, ...settingsFrom([build]) }
}

/** One service's settings over those of all. */
export function resolveServiceBuild(
  { build }: WithBuild,
  own: WrittenBuild | undefined,
): BuildSettings | undefined {
  return own === undefined ? undefined : settingsFrom([build, own])
}

/** Maps are laid over each other name by name; a list takes the place of the one below. */
function settingsFrom(layers: readonly WrittenBuild[]): BuildSettings {
  const last = <Key extends keyof WrittenBuild>(key: Key): WrittenBuild[Key] | undefined =>
    layers.findLast((layer) => layer[key] !== undefined)?.[key]
  const cache = last('cache')
  return compact({
    args: Object.assign({}, ...layers.map(({ args }) => args)) as Record<string, string>,
    labels: Object.assign({}, ...layers.map(({ labels }) => labels)) as Record<string, string>,
    publicArgs: layers.flatMap((layer) => layer['public-args'] ?? []),
    platforms: last('platforms') ?? [],
    cacheFrom: cache?.from ?? [],
    cacheTo: cache?.to ?? [],
    tags: last('tags') ?? [],
    target: last('target'),
  })
}
