import type { Clock } from '../../base/clock.ts'
import type { Event, StampedEvent } from '../../base/event.ts'
import type { Reporter } from './reporter.ts'
import type { Sink } from './sink.ts'

// C1 controls and line separators are legal in JSON, and still act on a terminal.
const RISKY = /[\u007f-\u009f\u2028\u2029]/g

/** One event per line on stdout, and nothing else. */
export function jsonReporter(stdout: Sink, clock: Clock): Reporter {
  const tell = (event: Event): void => {
    const stamped: StampedEvent = { v: 1, at: new Date(clock.now()).toISOString(), event }
    stdout.write(`${JSON.stringify(stamped).replaceAll(RISKY, escapeCharacter)}\n`)
  }
  return {
    tell,
    answer: ({ of, data }) => tell({ type: 'answer', of, data }),
    aside: (question) => question(),
    remark: () => {},
    close: () => {},
  }
}

function escapeCharacter(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
