import { describe, expect, it } from 'vitest'
import type { Event } from '../../base/event.ts'
import { Secrets } from '../../base/secret.ts'
import { guarded } from './guarded.ts'
import { jsonReporter } from './json.ts'
import { liveReporter } from './live.ts'
import type { Reporter } from './reporter.ts'
import { SAMPLE_EVENTS } from '../../../tests/cli/sample-events.ts'
import { PLAIN } from './style.ts'
import { handClock, memorySink } from '../../../tests/cli/screen.ts'
import { textReporter } from './text.ts'

const SECRET = 'canary-"quoted"\nsecond line of it'
const KEYS_OF_OURS = ['type', 'verdict', 'decision', 'purpose', 'outcome']

/** Every sample, with `text` at the end of each of its texts. */
function spoiled(text: string): Event[] {
  return JSON.parse(
    JSON.stringify(Object.values(SAMPLE_EVENTS), (key, value) =>
      typeof value === 'string' && !KEYS_OF_OURS.includes(key) ? value + text : value,
    ),
  )
}

function printed(kind: 'text' | 'live' | 'json', events: readonly Event[]): string {
  const sink = memorySink(kind === 'live', 60)
  const secrets = new Secrets()
  secrets.add(SECRET)
  const clock = handClock()
  const options = {
    stdout: sink,
    stderr: sink,
    clock,
    style: PLAIN,
    answerStyle: PLAIN,
    verbosity: 'verbose' as const,
  }
  const inner: Reporter & { tick?: () => void } = {
    text: () => textReporter(options),
    live: () => liveReporter(options),
    json: () => jsonReporter(sink, clock),
  }[kind]()
  const reporter = guarded(inner, { secrets, forPeople: kind !== 'json' })
  for (const event of events) {
    reporter.tell(event)
    clock.ms += 11_000
    inner.tick?.()
  }
  reporter.answer({ of: 'x', data: { a: [events] }, render: (data) => [JSON.stringify(data)] })
  return sink.text
}

describe.each(['text', 'live', 'json'] as const)('output as %s', (kind) => {
  it('must hold no secret in any field of any event', () => {
    const text = printed(kind, spoiled(SECRET))
    for (const part of ['canary', 'quoted', 'second line']) expect(text).not.toContain(part)
    expect(text).toContain('•••')
  })
  it('must hold no control character of a server', () => {
    const evil = '\u001b[2J\u0007\u009b1A\u202e\u2028'
    // oxlint-disable-next-line no-control-regex
    const ownMoves = kind === 'live' ? /\u001b\[\d+A\r\u001b\[J/g : /(?!)/g
    const text = printed(kind, spoiled(evil)).replaceAll(ownMoves, '')
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]/)
  })
  it('keeps the type of an event even where a secret is the same word', () => {
    const secrets = new Secrets()
    secrets.add('warning')
    const seen: Event[] = []
    const spy: Reporter = {
      tell: (event) => void seen.push(event),
      answer: () => {},
      remark: () => {},
      aside: (question) => question(),
      close: () => {},
    }
    guarded(spy, { secrets, forPeople: kind !== 'json' }).tell(SAMPLE_EVENTS.warning)
    expect(seen[0]?.type).toBe('warning')
  })
})
