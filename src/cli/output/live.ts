import { board } from './board.ts'
import { narrator } from './narrator.ts'
import { regionLines } from './region.ts'
import type { Reporter } from './reporter.ts'
import type { Sink } from './sink.ts'
import { writeLines } from './text.ts'
import type { TextOptions } from './text.ts'
import { widthOf } from './width.ts'

/** How often `tick` should be called while a terminal is watched. */
export const TICK_MS = 100

/**
 * For a terminal: what is finished scrolls up as lines that stay, what is under way is redrawn
 * below them. Only moves up and clears down, so a screen of any kind stays in order.
 */
export function liveReporter(options: TextOptions): Reporter & { readonly tick: () => void } {
  const { stdout, stderr, clock, style, verbosity } = options
  const narrate = narrator({ style, verbosity, marks: true })
  const underWay = board()
  let drawn: readonly string[] = []
  let isAside = false

  const erase = (): void => {
    if (drawn.length > 0) stderr.write(eraseCode(drawn, stderr.columns))
    drawn = []
  }
  const draw = (): void => {
    if (isAside || verbosity === 'quiet') return
    const view = { now: clock.monotonic(), columns: stderr.columns, rows: stderr.rows - 2, style }
    const lines = regionLines(underWay.open(), view)
    if (lines.join('\n') === drawn.join('\n')) return
    const clear = drawn.length > 0 ? eraseCode(drawn, stderr.columns) : ''
    stderr.write(clear + lines.map((line) => `${line}\n`).join(''))
    drawn = lines
  }
  const stay = (sink: Sink, lines: readonly string[]): void => {
    if (lines.length === 0) return
    erase()
    writeLines(sink, lines)
  }

  return {
    tell: (event) => {
      underWay.apply(event, clock.monotonic())
      if (event.type === 'plan-made' && verbosity !== 'quiet') stay(stdout, event.lines)
      stay(stderr, narrate(event))
      draw()
    },
    answer: ({ data, render }) => {
      underWay.apply({ type: 'answer', of: '', data: undefined }, clock.monotonic())
      stay(stdout, render(data, { style: options.answerStyle, columns: stdout.columns }))
      draw()
    },
    remark: (text) => {
      stay(stderr, [text])
      draw()
    },
    aside: async (question) => {
      erase()
      isAside = true
      try {
        return await question()
      } finally {
        isAside = false
        draw()
      }
    },
    close: () => {
      underWay.clear()
      erase()
    },
    tick: draw,
  }
}

/** Up to where the region began: a line may have wrapped if the window became narrower. */
function eraseCode(lines: readonly string[], columns: number): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  return `\u001b[${rows}A\r\u001b[J`
}
