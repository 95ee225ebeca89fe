import { checkAgainstCompose } from '../../config/compose-check.ts'
import { type ExplainedSetting, explain } from '../../config/explain.ts'
import { configInvalid } from '../../config/failures.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { problemLines } from '../../config/source/problem.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import { composeUnsupported } from '../../plan/failures.ts'
import type { Note } from '../../plan/plan.ts'
import { hostPathsOf } from '../../plan/render/mounts.ts'
import type { RenderedService } from '../../plan/render/rendered.ts'
import { renderFor } from '../draft/draft.ts'
import { gatherFileFacts } from '../draft/file-facts.ts'
import { type Source, composeWarnings } from '../draft/source.ts'
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
  const source = await reading
  mustFit(loaded, source.model)
  const paths = hostPathsOf(source.model)
  const files = await gatherFileFacts(world.workstation, config.directory, paths)
  const parts = { source, files, images: [], adopted: new Map() }
  const rendered = renderFor(config, parts, { release: 'r1' })
  const { problems, services, accessories, notes } = rendered
  if (problems.length > 0) throw composeUnsupported({ problems })
  const { app, environment, file, compose, hosts } = config
  return {
    app,
    environment,
    file,
    compose: compose.files,
    hosts: hosts.map(({ name }) => name),
    services: services.map(checkedService),
    accessories,
    notes: [...composeWarnings(source), ...notes],
    settings: isExplained ? explain(loaded) : [],
  }
}

function checkedService({ name, role, rollout, because, routes }: RenderedService): CheckedService {
  const from = routes.map(
    ({ domain, path, port }) => `${domain}${path === '/' ? '' : path} → ${port}`,
  )
  return { name, role, rollout, because, routes: from }
}

function mustFit(loaded: LoadedConfig, model: ComposeModel): void {
  const problems = checkAgainstCompose(loaded, model)
  if (problems.length === 0) return
  const { file } = loaded.source
  const evidence = problems.flatMap((problem) => problemLines(file, problem))
  throw configInvalid({ file, problems }, { evidence })
}
