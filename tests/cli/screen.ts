import type { Clock } from '../../src/base/clock.ts'
import type { Sink } from '../../src/cli/output/sink.ts'

/** A sink that keeps what was written, for tests. */
export function memorySink(isTerminal = false, columns = 80, rows = 24): Sink & { text: string } {
  const sink = {
    text: '',
    isTerminal,
    columns,
    rows,
    write: (text: string) => {
      sink.text += text
    },
  }
  return sink
}

/** A clock that a test moves by hand. */
export function handClock(): Clock & { ms: number } {
  const clock = {
    ms: 0,
    now: () => Date.UTC(2026, 10, 21, 7, 48) + clock.ms,
    monotonic: () => clock.ms,
    sleep: async () => {},
  }
  return clock
}

/** What a terminal shows after `written`: understands line feeds, moving up, and clearing down. */
export function screenOf(written: string): string[] {
  const rows: string[] = ['']
  let row = 0
  // oxlint-disable-next-line no-control-regex
  for (const part of written.match(/\u001b\[\d*[AJ]|\u001b\[[\d;]*m|\n|\r|[^\u001b\n\r]+/g) ?? []) {
    if (part === '\n') {
      row += 1
      rows[row] ??= ''
    } else if (part.endsWith('A') && part.startsWith('\u001b')) {
      row -= Number(part.slice(2, -1))
    } else if (part === '\u001b[J') {
      rows.length = row
      rows.push('')
    } else if (part !== '\r' && !part.startsWith('\u001b')) {
      rows[row] = (rows[row] ?? '') + part
    }
  }
  return rows.filter((line, n) => line !== '' || n < rows.length - 1)
}
