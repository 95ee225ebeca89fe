import type { AppConfig } from '../../config/app-config.ts'
import { readWritten } from '../draft/written.ts'
import type { World } from '../world.ts'
import { type FoundContainer, type WantedContainers, findContainers } from './containers.ts'
import { withSurvey } from './survey.ts'

export interface LogRequest extends WantedContainers {
  readonly follow: boolean
  /** At most this many of the last lines of each container. */
  readonly lines: number
}

export interface LogLine {
  readonly host: string
  readonly container: string
  readonly service: string
  /** RFC 3339 with nanoseconds, by the host's clock. */
  readonly at: string
  readonly text: string
}

/** How long a follower waits before it looks again. */
const FOLLOW_MS = 700

/** So many lines of a container may come in one look while following. */
const BURST_MAX = 5000

/**
 * The lines of all containers in order of time, as they were written. Following asks again and
 * again for what came since: lines of several hosts stay in order, and pass the scrubber.
 */
export async function logs(
  world: World,
  config: AppConfig,
  { request, onLines }: { request: LogRequest; onLines: (lines: readonly LogLine[]) => void },
): Promise<void> {
  await readWritten(world, config)
  return withSurvey(world, config, async (survey) => {
    const containers = findContainers(survey, config, request)
    const last = new Map<FoundContainer, string>()
    const look = async (tail: number): Promise<void> => {
      const found = await Promise.all(
        containers.map(async (container) => {
          const lines = await readLines(container, { tail, since: last.get(container) })
          const newest = lines.at(-1)
          if (newest !== undefined) last.set(container, newest.at)
          return lines
        }),
      )
      const lines = found.flat().sort((a, b) => a.at.localeCompare(b.at))
      if (lines.length > 0) onLines(lines)
    }
    await look(request.lines)
    while (request.follow && !world.signal.aborted) {
      await world.clock.sleep(FOLLOW_MS, world.signal)
      if (!world.signal.aborted) await look(BURST_MAX)
    }
  })
}

async function readLines(
  { host, link, name, service }: FoundContainer,
  { tail, since }: { tail: number; since: string | undefined },
): Promise<LogLine[]> {
  const after = since === undefined ? [] : ['--since', since]
  const argv = ['docker', 'logs', '--timestamps', '--tail', String(tail), ...after, name]
  const { stdout, stderr } = await link.run(argv)
  return `${stdout}\n${stderr}`
    .split('\n')
    .flatMap((line) => {
      const [, at, text] = /^(\d{4}-\d\d-\d\dT\S+Z) ?(.*)$/s.exec(line) ?? []
      if (at === undefined || text === undefined) return []
      return [{ host, container: name, service, at, text: text.replace(/\r$/, '') }]
    })
    .filter(({ at }) => since === undefined || at > since)
    .sort((a, b) => a.at.localeCompare(b.at))
}
