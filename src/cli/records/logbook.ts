import type { Clock } from '../../base/clock.ts'
import type { Event, StampedEvent } from '../../base/event.ts'
import type { Secrets } from '../../base/secret.ts'
import { cleanData } from '../output/clean.ts'
import { narrator } from '../output/narrator.ts'
import { PLAIN } from '../output/style.ts'

/** A run's log: everything that was told, in words and with its time. */
export interface Logbook {
  readonly tell: (event: Event) => void
  /** What was told so far, without the progress of single moments. */
  readonly events: () => readonly StampedEvent[]
  /** The log so far, and this event at its end. */
  readonly textWith: (last: StampedEvent) => string
}

/** More than this says no more; the end is kept, as it says why. */
const CHARACTERS_MAX = 2_000_000
const EVENTS_MAX = 5000

/** `onLines` gets them as they come, for a file. */
export function openLogbook(
  { clock, secrets }: { readonly clock: Clock; readonly secrets: Secrets },
  onLines: (text: string) => void = () => {},
): Logbook {
  const narrate = narrator({ style: PLAIN, verbosity: 'verbose', marks: false })
  const events: StampedEvent[] = []
  const texts: string[] = []
  let held = 0
  let isWhole = true
  const linesOf = ({ at, event }: StampedEvent): string => {
    const clean = Object.assign({}, cleanData(event), { type: event.type })
    const lines = clean.type === 'plan-made' ? clean.lines : narrate(clean)
    return lines.map((line) => `${at}  ${line}`.trimEnd() + '\n').join('')
  }
  return {
    events: () => events,
    textWith: (last) => {
      return [...(isWhole ? [] : [LEFT_OUT]), ...texts, linesOf(last)].join('')
    },
    tell: (event) => {
      const at = new Date(clock.now()).toISOString()
      const stamped: StampedEvent = { v: 1, at, event: secrets.scrubData(event) }
      if (event.type !== 'progress' && events.length < EVENTS_MAX) events.push(stamped)
      const text = linesOf(stamped)
      if (text === '') return
      onLines(text)
      texts.push(text)
      held += text.length
      while (held > CHARACTERS_MAX && texts.length > 1) {
        held -= texts.shift()?.length ?? 0
        isWhole = false
      }
    },
  }
}

const LEFT_OUT = 'The beginning is left out: there was too much of it.\n'
