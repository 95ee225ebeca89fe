import { formatDuration } from '../../base/duration.ts'
import type { Clock } from '../../base/clock.ts'
import { board } from './board.ts'
import type { OpenWork } from './board.ts'
import { narrator } from './narrator.ts'
import type { Verbosity } from './narrator.ts'
import type { Reporter } from './reporter.ts'
import type { Sink } from './sink.ts'
import type { Style } from './style.ts'

export interface TextOptions {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly clock: Clock
  readonly style: Style
  /** Answers go to stdout, which may be a file while stderr is a terminal. */
  readonly answerStyle: Style
  readonly verbosity: Verbosity
}

/** Work that takes long says so after this time, and again whenever it took twice as long. */
const FIRST_NOTICE_MS = 10_000

/** Plain lines, for logs and pipes. `tick` is called about once a second. */
export function textReporter(options: TextOptions): Reporter & { readonly tick: () => void } {
  const { stdout, stderr, clock, verbosity } = options
  const narrate = narrator({ style: options.style, verbosity, marks: false })
  const underWay = board()
  const notices = new WeakMap<OpenWork, number>()

  return {
    tell: (event) => {
      underWay.apply(event, clock.monotonic())
      if (event.type === 'plan-made' && verbosity !== 'quiet') writeLines(stdout, event.lines)
      writeLines(stderr, narrate(event))
    },
    answer: ({ data, render }) =>
      writeLines(stdout, render(data, { style: options.answerStyle, columns: stdout.columns })),
    aside: (question) => question(),
    remark: (text) => writeLines(stderr, [text]),
    close: underWay.clear,
    tick: () => {
      if (verbosity === 'quiet') return
      for (const work of underWay.open()) {
        const elapsed = clock.monotonic() - work.startedAt
        const due = notices.get(work) ?? FIRST_NOTICE_MS
        if (elapsed < due) continue
        notices.set(work, due * 2)
        writeLines(stderr, [noticeOf(work, elapsed)])
      }
    },
  }
}

export function writeLines(sink: Sink, lines: readonly string[]): void {
  if (lines.length > 0) sink.write(`${lines.join('\n')}\n`)
}

function noticeOf(work: OpenWork, elapsed: number): string {
  const label = work.host === '' ? '' : `[${work.host}] `
  const news = work.news === '' ? '' : `, ${work.news}`
  return `${label}${work.title} … still at it after ${formatDuration(elapsed)}${news}`
}
