import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secret.ts'
import type { Globals } from '../argv/flags.ts'
import type { Surroundings } from '../machine/surroundings.ts'
import { guarded } from './guarded.ts'
import { jsonReporter } from './json.ts'
import { liveReporter, TICK_MS } from './live.ts'
import type { Reporter } from './reporter.ts'
import { sinkOf } from './sink.ts'
import { styleFor } from './style.ts'
import { textReporter } from './text.ts'

export type Manner = Pick<Globals, 'json' | 'quiet' | 'verbose' | 'noColor'>

/** How this process speaks: JSON when asked for, live at a terminal, plain lines elsewhere. */
export function openSpeech(
  around: Pick<Surroundings, 'stdout' | 'stderr' | 'env'>,
  manner: Manner,
  { clock, secrets }: { clock: Clock; secrets: Secrets },
): Reporter {
  const stdout = sinkOf(around.stdout)
  const stderr = sinkOf(around.stderr)
  if (manner.json) return guarded(jsonReporter(stdout, clock), { secrets, forPeople: false })
  const styled = (isTerminal: boolean) =>
    styleFor({ isTerminal, wanted: !manner.noColor, env: around.env })
  const options = {
    stdout,
    stderr,
    clock,
    style: styled(stderr.isTerminal),
    answerStyle: styled(stdout.isTerminal),
    verbosity: manner.quiet ? 'quiet' : manner.verbose ? 'verbose' : 'normal',
  } as const
  const isLive = stderr.isTerminal && around.env.TERM !== 'dumb'
  const reporter = isLive ? liveReporter(options) : textReporter(options)
  const timer = setInterval(reporter.tick, isLive ? TICK_MS : 1000)
  timer.unref()
  const close = (): void => {
    clearInterval(timer)
    reporter.close()
  }
  return { ...guarded(reporter, { secrets, forPeople: true }), close }
}
