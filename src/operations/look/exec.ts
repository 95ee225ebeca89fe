import type { AppConfig } from '../../config/app-config.ts'
import type { World } from '../world.ts'
import { findContainers } from './containers.ts'
import { noContainers } from './failures.ts'
import { withSurvey } from './survey.ts'

export interface ExecRequest {
  readonly service: string
  readonly release?: string
  readonly command: readonly string[]
  /** The caller is at a terminal: the command gets one too. */
  readonly tty: boolean
}

/** Runs a command in the first running container of a service; resolves to its exit code. */
export function execIn(world: World, config: AppConfig, request: ExecRequest): Promise<number> {
  return withSurvey(world, config, async (survey) => {
    const { service, command, tty } = request
    const container = findContainers(survey, config, request).find(({ isRunning }) => isRunning)
    if (container === undefined) throw noContainers({ what: `${service} that runs` })
    const { link, name } = container
    const flags = tty ? ['--interactive', '--tty'] : ['--interactive']
    return link.attach(['docker', 'exec', ...flags, name, ...command], { tty })
  })
}
