import { formatDuration } from '../../base/duration.ts'
import type { JsonValue, TextMatch } from '../../config/checks/leaves.ts'
import { fail, pass, type Reasons, type Verdict } from '../check.ts'
import { jsonMismatch, quoted, textMismatch } from './matching.ts'
import { CERTIFICATE_HINT } from './places.ts'
import { securityWrongs } from './security-headers.ts'
import type { Answered, Asked, Expected, Wrong } from './wrong.ts'

/** Everything that is wrong; the status explains the rest, and stands alone where it is. */
export function wrongsWith(answer: Answered, expected: Expected, asked: Asked): readonly Wrong[] {
  const status = statusWrong(answer, expected)
  if (status !== undefined) return [status]
  return [
    ...redirectWrongs(answer, expected, asked),
    ...Object.entries(expected.headers).flatMap(([name, match]) =>
      headerWrongs(answer, name, match),
    ),
    ...securityWrongs(answer, expected.securityHeaders, asked),
    ...bodyWrongs(answer, expected),
    ...timeWrongs(answer, expected),
  ]
}

function statusWrong({ status }: Answered, expected: Expected): Wrong | undefined {
  if (expected.status.includes(status)) return undefined
  const wanted = expected.status.join(' or ')
  const text = `answered ${status}, not ${wanted}`
  return { text, what: 'status', expected: wanted, got: String(status) }
}

function redirectWrongs(
  answer: Answered,
  { redirect }: Expected,
  { url }: Asked,
): readonly Wrong[] {
  if (redirect === undefined) return []
  const { location } = answer.headers
  const wanted = new URL(redirect, url).href
  const got = location === undefined ? undefined : resolvedUrl(location, url)
  if (got === wanted) return []
  const text =
    location === undefined
      ? `answered ${answer.status} without saying where to`
      : `answered ${answer.status}, and leads to ${location}, not ${redirect}`
  return [{ text, what: 'redirect', expected: redirect, got: location ?? 'nothing' }]
}

export function resolvedUrl(location: string, base: string): string | undefined {
  return URL.canParse(location, base) ? new URL(location, base).href : undefined
}

function headerWrongs({ headers }: Answered, name: string, match: TextMatch): readonly Wrong[] {
  const value = headers[name.toLowerCase()]
  const expected = shownMatch(match)
  if (value === undefined) {
    return [{ text: `answered without the header ${name}`, what: name, expected, got: 'nothing' }]
  }
  const mismatch = textMismatch(value, match)
  if (mismatch === undefined) return []
  const text = `answered with ${name}: ${quoted(value)}, which ${mismatch}`
  return [{ text, what: name, expected, got: quoted(value) }]
}

function bodyWrongs({ status, body: got }: Answered, { body, json }: Expected): readonly Wrong[] {
  const wrongs: Wrong[] = []
  const mismatch = body && textMismatch(got, body)
  if (body !== undefined && mismatch !== undefined) {
    const text = `answered ${status}, but the body ${mismatch}`
    wrongs.push({ text, what: 'body', expected: shownMatch(body), got: startOf(got) })
  }
  const different = json === undefined ? undefined : jsonWrong(got, json)
  if (different !== undefined) {
    const text = `answered ${status}, but ${different}`
    wrongs.push({ text, what: 'JSON', expected: startOf(JSON.stringify(json)), got: startOf(got) })
  }
  return wrongs
}

function jsonWrong(body: string, expected: JsonValue): string | undefined {
  try {
    return jsonMismatch(JSON.parse(body), expected)
  } catch {
    return 'the body is not JSON'
  }
}

/** The text says nothing of the time that it took: it must not change with each look. */
function timeWrongs({ status, durationMs }: Answered, { withinMs }: Expected): readonly Wrong[] {
  if (withinMs === undefined || durationMs <= withinMs) return []
  const limit = formatDuration(withinMs)
  const text = `answered ${status}, but took longer than ${limit}`
  return [{ text, what: 'time', expected: `at most ${limit}`, got: formatDuration(durationMs) }]
}

export function shownMatch(match: TextMatch): string {
  return 'contains' in match ? quoted(match.contains) : `/${match.regex}/`
}

function startOf(text: string): string {
  return text === '' ? 'nothing' : quoted(text.split('\n')[0] ?? '')
}

/** Good where nothing is wrong and clients would believe the certificate. */
export function verdictOf(answer: Answered, wrongs: readonly Wrong[]): Verdict {
  if (wrongs.length > 0) return failing(wrongs, bodyLines(answer.body))
  if (answer.distrust === undefined) return pass(`answered ${answer.status}`)
  const text = `answered ${answer.status}, but the certificate ${answer.distrust}`
  return fail(text, { elsewhere: true, hint: CERTIFICATE_HINT })
}

/** The first in words, all of them in parts. */
export function failing(
  wrongs: readonly Wrong[],
  evidence: readonly string[],
  reasons: Reasons = {},
): Verdict {
  const [first, ...others] = wrongs
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const differences = wrongs.map(({ what, expected, got }) => ({ what, expected, got }))
  return fail(`${first?.text ?? ''}${more}`, { ...reasons, differences, evidence })
}

const LINES_MAX = 5

export function bodyLines(body: string): readonly string[] {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(0, LINES_MAX).map((line) => line.slice(0, 200))
}
