import type { AppConfig } from '../../config/app-config.ts'
import type { BuildModel, BuildRequest, ContextOrigin } from '../../hosts/workstation.ts'
import type { ComposeBuild } from '../../plan/compose-model.ts'
import type { Source } from '../draft/source.ts'
import { doubled, type ServiceBuild } from './inputs.ts'

export interface Built {
  readonly service: string
  readonly reference: string
  readonly build: ServiceBuild
}

export interface Circumstances {
  readonly config: AppConfig
  readonly source: Source
  /** ISO 8601. */
  readonly created: string
  /** Where the repository can be found. */
  readonly origin: string | undefined
}

type FromCommit = Extract<ContextOrigin, { kind: 'commit' }>

/** The services to build as a compose file of its own, its circumstances filled in. */
export function buildModel(
  built: readonly Built[],
  around: Circumstances,
): Pick<BuildRequest, 'model' | 'commits'> {
  const services: BuildModel['services'] = {}
  for (const { build } of built) {
    for (const [base, section] of build.bases) services[base] = { build: section }
  }
  for (const { service, reference, build } of built) {
    services[service] = { image: reference, build: finished({ service, build }, around) }
  }
  const origins = built.flatMap(({ build }) => [...build.contexts])
  const commits = origins.flatMap(([context, { from }]): [string, FromCommit][] =>
    from.kind === 'commit' ? [[context, from]] : [],
  )
  const { secrets } = around.source.model
  return {
    model: { services, ...(secrets === undefined ? {} : { secrets }) },
    commits: new Map(commits),
  }
}

interface One {
  readonly service: string
  readonly build: ServiceBuild
}

function finished({ service, build }: One, around: Circumstances): ComposeBuild {
  const { section } = build
  const facts = factsOf(build, around)
  const labels = {
    'org.opencontainers.image.created': around.created,
    ...(facts.revision === undefined
      ? {}
      : { 'org.opencontainers.image.revision': facts.revision }),
    ...(around.origin === undefined
      ? {}
      : { 'org.opencontainers.image.source': doubled(around.origin) }),
    ...section.labels,
  }
  const { args = {} } = section
  const tags = [...(section.tags ?? []), ...tagsOf(service, { facts, around })]
  return {
    ...section,
    labels,
    ...(tags.length === 0 ? {} : { tags }),
    ...(section.args === undefined ? {} : { args: filled(args, facts, around) }),
  }
}

interface Facts {
  /** As it is written into the image; `-dirty` behind it where more than the commit went in. */
  readonly revision: string | undefined
  /** Nothing but the commit went in. */
  readonly isCommit: boolean
}

function factsOf({ section, contexts }: ServiceBuild, { source }: Circumstances): Facts {
  const from = contexts.get(section.context ?? '.')?.from
  const isCommit = [...contexts.values()].every((each) => each.from.kind === 'commit')
  const commit = from?.kind === 'commit' ? from.commit : source.commit?.id
  return { isCommit, revision: commit && (isCommit ? commit : `${commit}-dirty`) }
}

/** As people know a commit. */
function short(revision: string): string {
  return revision.slice(0, 7)
}

/** Names beside the one that Belay gives, under the name that the compose file has for the image. */
function tagsOf(
  service: string,
  { facts, around }: { facts: Facts; around: Circumstances },
): string[] {
  const { config, source } = around
  const image = source.model.services[service]?.image
  const name = image === undefined ? `belay/${config.app}/${service.toLowerCase()}` : nameIn(image)
  const { tags } = config.services[service]?.build ?? config.build
  const ofCommit = facts.isCommit && facts.revision !== undefined ? [short(facts.revision)] : []
  return [...new Set([...ofCommit, ...tags])].map((tag) => `${name}:${tag}`)
}

/** Without tag and digest; a registry's port is none. */
function nameIn(image: string): string {
  const [name = ''] = image.split('@')
  return name.replace(/:[^:/]+$/, '')
}

/** What changes with every commit, or every second, is filled in last: it is no part of identity. */
function filled(
  args: Readonly<Record<string, string | null>>,
  { revision = 'unknown' }: Facts,
  { created, source }: Circumstances,
): Record<string, string | null> {
  const branch = source.commit?.branch ?? ''
  const words: Readonly<Record<string, string>> = {
    '{commit}': revision,
    '{short-commit}': revision === 'unknown' ? revision : revision.replace(/^(.{7})[^-]*/, '$1'),
    '{branch}': doubled(branch === '' ? 'unknown' : branch),
    '{created}': created,
  }
  const fill = (text: string): string =>
    text.replaceAll(/\{(commit|short-commit|branch|created)\}/g, (word) => words[word] ?? word)
  return Object.fromEntries(
    Object.entries(args).map(([name, text]) => [name, text === null ? null : fill(text)]),
  )
}
