import type { CorsSettings } from '../../config/checks/http.ts'
import type { Answered, Wrong } from './wrong.ts'
import { quoted } from './matching.ts'

/** What a browser asks before a page of another origin may do more than read. */
export function preflightHeaders({ origin, methods, headers }: CorsSettings) {
  return {
    origin,
    'access-control-request-method': methods[0] ?? 'GET',
    ...(headers.length === 0 ? {} : { 'access-control-request-headers': headers.join(', ') }),
  }
}

/** What a browser would not let that page do, by the answer to the preflight. */
export function corsWrongs({ status, headers }: Answered, cors: CorsSettings): readonly Wrong[] {
  const { origin, methods, credentials } = cors
  const of = (name: string): string | undefined => headers[`access-control-allow-${name}`]
  const wrongs: Wrong[] = []
  const miss = (what: string, expected: string, value: string | undefined): void => {
    const got = value === undefined ? 'nothing' : quoted(value)
    const text = `the preflight of ${origin} was answered ${status}, with ${what} ${got}`
    wrongs.push({ text: `${text}, not ${expected}`, what, expected, got })
  }
  if (status < 200 || status > 299) {
    const text = `the preflight of ${origin} was answered ${status}`
    return [{ text, what: 'preflight', expected: '200 or 204', got: String(status) }]
  }
  const allowed = of('origin')
  if (allowed !== origin && (allowed !== '*' || credentials)) {
    miss('access-control-allow-origin', origin, allowed)
  }
  if (credentials && of('credentials') !== 'true') {
    miss('access-control-allow-credentials', 'true', of('credentials'))
  }
  const lacking = (wanted: readonly string[], value = ''): readonly string[] => {
    const had = value.split(',').map((word) => word.trim().toLowerCase())
    if (had.includes('*') && !credentials) return []
    return wanted.filter((word) => !had.includes(word.toLowerCase()))
  }
  // These three need no leave.
  const asked = methods.filter((method) => !['GET', 'HEAD', 'POST'].includes(method))
  if (lacking(asked, of('methods')).length > 0) {
    miss('access-control-allow-methods', methods.join(', '), of('methods'))
  }
  if (lacking(cors.headers, of('headers')).length > 0) {
    miss('access-control-allow-headers', cors.headers.join(', '), of('headers'))
  }
  return wrongs
}

/** The answer itself must let the page read it, too. */
export function originWrongs({ headers }: Answered, { origin }: CorsSettings): readonly Wrong[] {
  const value = headers['access-control-allow-origin']
  if (value === origin || value === '*') return []
  const got = value === undefined ? 'nothing' : quoted(value)
  const what = 'access-control-allow-origin'
  const text = `answered with ${what} ${got}, so that a page of ${origin} may not read it`
  return [{ text, what, expected: origin, got }]
}
