import { Failure } from '../../base/failure.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { type ComposeServices, checkAgainstCompose } from '../../config/compose-check.ts'
import { type ExplainedSetting, explain } from '../../config/explain.ts'
import { configInvalid } from '../../config/failures.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { problemLines } from '../../config/source/problem.ts'
import { composeInvalid } from '../../hosts/own-workstation/failures.ts'
import { composeUnsupported } from '../../plan/failures.ts'
import { hardeningAdvice } from '../../plan/afterwards/hardening.ts'
import type { Note } from '../../plan/plan.ts'
import { hostPathsOf } from '../../plan/render/mounts.ts'
import type { RenderedService } from '../../plan/render/rendered.ts'
import { renderFor } from '../draft/draft.ts'
import { gatherFileFacts } from '../draft/file-facts.ts'
import { type Source, composeNotes } from '../draft/source.ts'
import { readWritten } from '../draft/written.ts'
import { hasCode } from '../messages.ts'
import type { World } from '../world.ts'

/** What would be deployed, as far as it can be said without a server. */
export interface CheckReport {
  readonly app: string
  readonly environment: string
  readonly file: string
  readonly compose: readonly string[]
  readonly hosts: readonly string[]
  readonly services: readonly CheckedService[]
  readonly accessories: readonly string[]
  readonly notes: readonly Note[]
  /** What could not be looked at, and why; empty when all was. */
  readonly notDone: readonly string[]
  /** Every setting, its default filled in; empty unless it was asked for. */
  readonly settings: readonly ExplainedSetting[]
}

export interface CheckedService {
  readonly name: string
  readonly role: string
  readonly rollout: string
  readonly because: string
  readonly routes: readonly string[]
}

/**
 * Renders what was read, and fails with all that cannot be honoured. Compose takes its time to
 * read: it is begun before, so that the rest can be loaded meanwhile.
 */
export async function check(
  world: World,
  loaded: LoadedConfig,
  { reading, isExplained }: { reading: Promise<Source>; isExplained: boolean },
): Promise<CheckReport> {
  const { config } = loaded
  const settings = isExplained ? explain(loaded) : []
  const source = await readingOf(reading)
  if (source instanceof Failure) return checkWritten(world, loaded, { settings, why: source })
  mustFit(loaded, source.model)
  const paths = hostPathsOf(source.model)
  const files = await gatherFileFacts(world.workstation, config.directory, paths)
  const parts = { source, files, images: [], adopted: new Map() }
  const rendered = renderFor(config, parts, { release: 'r1' })
  const { problems, services, accessories, notes } = rendered
  if (problems.length > 0) throw composeUnsupported({ problems })
  return {
    ...aboutOf(config),
    services: services.map(checkedService),
    accessories,
    notes: [...composeNotes(source), ...notes, ...powerNotes(source, accessories)],
    notDone: [],
    settings,
  }
}

/** One piece of advice, not one for each service; databases know what they need. */
function powerNotes({ model }: Source, accessories: readonly string[]): Note[] {
  const ours = Object.entries(model.services).filter(([name]) => !accessories.includes(name))
  const advice = hardeningAdvice(
    ours.map(([service, written]) => ({
      service,
      ...(typeof written['user'] === 'string' && { user: written['user'] }),
      securityOptions: textsIn(written['security_opt']),
      droppedCapabilities: textsIn(written['cap_drop']),
    })),
  )
  return advice === undefined ? [] : [{ level: 'info', about: 'advice', text: advice }]
}

function textsIn(data: unknown): readonly string[] {
  return Array.isArray(data) ? data.map(String) : []
}

/** That there is no compose here is no mistake of what is checked. */
async function readingOf(reading: Promise<Source>): Promise<Source | Failure> {
  try {
    return await reading
  } catch (error) {
    if (hasCode(error, 'DOCKER_MISSING_HERE')) return error
    throw error
  }
}

/** Without compose: YAML, the services that belay.yaml names, and the files that are named. */
async function checkWritten(
  world: World,
  loaded: LoadedConfig,
  { settings, why }: { settings: readonly ExplainedSetting[]; why: Failure },
): Promise<CheckReport> {
  const { config } = loaded
  const { mistakes, services, warnings, missing } = await readWritten(world, config)
  const [mistake] = mistakes
  if (mistake !== undefined) {
    const all = mistakes.flatMap((each) => problemLines(each.file, { ...each, path: '' }))
    const evidence = all.length > 1 ? all : []
    throw composeInvalid({ file: mistake.file, ...mistake.at, reason: mistake.text }, { evidence })
  }
  if (services !== undefined) {
    mustFit(loaded, { services: Object.fromEntries(services.map((name) => [name, {}])) })
  }
  const notes = [...(config.env.warnings ?? []), ...warnings, ...missing].map((text): Note => {
    return { level: 'warning', about: 'compose', text }
  })
  return {
    ...aboutOf(config),
    services: [],
    accessories: [],
    notes,
    notDone: [
      why.message,
      'what each service is for, how it is replaced, and what of it cannot be honoured is not known',
    ],
    settings,
  }
}

function aboutOf({ app, environment, file, compose, hosts }: AppConfig) {
  const names = hosts.map(({ name }) => name)
  return { app, environment, file, compose: compose.files, hosts: names }
}

function checkedService({ name, role, rollout, because, routes }: RenderedService): CheckedService {
  const from = routes.map(
    ({ domain, path, port }) => `${domain}${path === '/' ? '' : path} → ${port}`,
  )
  return { name, role, rollout, because, routes: from }
}

function mustFit(loaded: LoadedConfig, model: ComposeServices): void {
  const problems = checkAgainstCompose(loaded, model)
  if (problems.length === 0) return
  const { file } = loaded.source
  const evidence = problems.flatMap((problem) => problemLines(file, problem))
  throw configInvalid({ file, problems }, { evidence })
}
