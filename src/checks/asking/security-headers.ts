import type { SecurityHeader } from '../../config/checks/http.ts'
import { SECURITY_HEADERS } from '../../config/checks/http.ts'
import type { Answered, Asked, Wrong } from './wrong.ts'
import { quoted } from './matching.ts'

/** What a header must say: in words, and whether it does. */
interface Demand {
  readonly expected: string
  readonly holds: (headers: Headers) => boolean
}

type Headers = Answered['headers']

/** Half a year, below which browsers and auditors count it as none. */
const AGE_MIN_SECONDS = 180 * 86_400

const DEMANDS: Readonly<Record<SecurityHeader, Demand>> = {
  'strict-transport-security': {
    expected: 'max-age of at least 180 days',
    holds: (headers) => {
      const age = /max-age\s*=\s*"?(\d+)/i.exec(headers['strict-transport-security'] ?? '')
      return Number(age?.[1] ?? 0) >= AGE_MIN_SECONDS
    },
  },
  'x-content-type-options': {
    expected: 'nosniff',
    holds: (headers) => /^\s*nosniff\s*$/i.test(headers['x-content-type-options'] ?? ''),
  },
  'x-frame-options': {
    expected: 'DENY or SAMEORIGIN, or frame-ancestors in content-security-policy',
    holds: (headers) =>
      /^\s*(deny|sameorigin)\s*$/i.test(headers['x-frame-options'] ?? '') ||
      /(^|;)\s*frame-ancestors\s/i.test(headers['content-security-policy'] ?? ''),
  },
  'referrer-policy': {
    expected: 'anything but unsafe-url',
    holds: ({ 'referrer-policy': value = '' }) => value.trim() !== '' && !/unsafe-url/i.test(value),
  },
  'content-security-policy': {
    expected: 'a policy',
    holds: (headers) => (headers['content-security-policy'] ?? '').trim() !== '',
  },
  'permissions-policy': {
    expected: 'a policy',
    holds: (headers) => (headers['permissions-policy'] ?? '').trim() !== '',
  },
}

/** What `true` stands for: what every page can have without harm. */
const USUAL: readonly SecurityHeader[] = SECURITY_HEADERS.slice(0, 4)

/** The security headers that are missing or say too little, each with what it should say. */
export function securityWrongs(
  { headers }: Answered,
  wanted: true | readonly SecurityHeader[] | undefined,
  { isSecure }: Asked,
): readonly Wrong[] {
  if (wanted === undefined) return []
  const names = wanted === true ? USUAL.filter((name) => makesSense(name, isSecure)) : wanted
  return names
    .filter((name) => !DEMANDS[name].holds(headers))
    .map((name) => {
      const value = headers[name]
      const got = value === undefined ? 'nothing' : quoted(value)
      const text =
        value === undefined
          ? `answered without the security header ${name}`
          : `answered with ${name}: ${got}, which is too weak`
      return { text, what: name, expected: DEMANDS[name].expected, got }
    })
}

/** Over plain HTTP browsers take no notice of it. */
function makesSense(name: SecurityHeader, isSecure: boolean): boolean {
  return name !== 'strict-transport-security' || isSecure
}
