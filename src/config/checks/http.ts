import * as z from 'zod/mini'
import { parseDuration } from '../../base/duration.ts'
import { DEFAULTS } from '../defaults.ts'
import { compact, described, duration, keyed, line, listOf } from '../source/leaves.ts'
import { matching, optional, port, someOf, urlPath, whole, withDefault } from '../source/leaves.ts'
import { fromKeys, fromMistake, fromSettings } from './from.ts'
import type { FromSettings } from './from.ts'
import { headerName, statusCodes, textMatch, timeout } from './leaves.ts'
import type { JsonValue, TextMatch } from './leaves.ts'

export type HttpSettings = {
  /** With its query, if there is one. */
  readonly path: string
  /** Checks of a service always have one; smoke checks without one go through the front door. */
  readonly port?: number
  /** The answer's status is one of these. */
  readonly status: readonly number[]
  /** Sent with the request. */
  readonly sendHeaders: Readonly<Record<string, string>>
  /** The answer has these headers, names in any case. */
  readonly headers: Readonly<Record<string, TextMatch>>
  readonly body?: TextMatch
  /** The answer is JSON that has at least these keys with these values. */
  readonly json?: JsonValue
  /** The answer comes within this time. */
  readonly withinMs?: number
  /** `GET`, or `POST` where something is sent. */
  readonly method?: string
  readonly send?: Sent
  /** The answer leads there: a path or a whole URL. */
  readonly redirect?: string
  /** How many redirects are followed before the answer is looked at. */
  readonly follow?: number
  /** `true`: the usual ones. */
  readonly securityHeaders?: true | readonly SecurityHeader[]
  readonly cors?: CorsSettings
  /** When to give up asking. */
  readonly timeoutMs: number
} & FromSettings

/** What is sent with a request. */
export type Sent =
  | { readonly text: string }
  | { readonly json: JsonValue }
  | { readonly form: Readonly<Record<string, string>> }

/** The usual ones first. */
export const SECURITY_HEADERS = [
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'content-security-policy',
  'permissions-policy',
] as const
export type SecurityHeader = (typeof SECURITY_HEADERS)[number]

/** What a page of another origin must be allowed. */
export type CorsSettings = {
  readonly origin: string
  readonly methods: readonly string[]
  readonly headers: readonly string[]
  readonly credentials: boolean
}

/** What may stand below `http:`. */
export function httpKeys() {
  return {
    path: withDefault(urlPath(), '/', {
      description: 'What to ask for, with its query.',
      examples: ['/api/health'],
    }),
    port: optional(port(), {
      description:
        "The container's port. The service's first route by default; a smoke check without one " +
        'goes through the front door, as users do.',
      examples: [9000],
    }),
    ...ofTheAnswer(),
    ...sending(),
    redirect: optional(matching(/^(https?:\/\/[^\s/]+)?\/[\x21-\x7e]*$/, REDIRECT), {
      description: 'Where the answer leads: a path, or a whole URL. Any 3xx is good then.',
      examples: ['https://shop.example.com/'],
    }),
    follow: optional(whole(1, 10, 'a whole number from 1 to 10 is needed'), {
      description:
        'How many redirects are followed before the answer is looked at. None otherwise.',
      examples: [3],
    }),
    'security-headers': optional(securityHeaders(), {
      description:
        '`true`: HSTS (over HTTPS), `x-content-type-options`, `x-frame-options` or ' +
        '`frame-ancestors`, and `referrer-policy` are there and strong enough. Or a list of names.',
      examples: [true],
    }),
    cors: optional(cors(), {
      description: 'What a page of another origin may do, asked by a preflight as a browser does.',
      examples: [{ origin: 'https://app.example.com', methods: ['PUT'], headers: ['x-token'] }],
    }),
    ...fromKeys(['host', 'network', 'here']),
    timeout: timeout('When to give up asking.', DEFAULTS.check.timeout),
  }
}

const REDIRECT = 'a path or a URL is needed, such as /login or https://shop.example.com/'

const HEADERS = 'a map of header names is needed'

function ofTheAnswer() {
  return {
    status: statusCodes(),
    headers: optional(z.record(headerName(), textMatch('DENY'), { error: HEADERS }), {
      description: 'Headers that the answer must have, and what they contain.',
      examples: [{ 'x-frame-options': 'DENY' }],
    }),
    body: optional(textMatch('Welcome'), {
      description: 'What the body contains: a text, or `{ regex: … }`.',
      examples: ['Welcome'],
    }),
    json: optional(z.unknown(), {
      description: 'The answer is JSON that has at least these keys, with these values.',
      examples: [{ status: 'ok' }],
    }),
    within: optional(duration('1ms', '10m'), {
      description: 'How fast the answer must be.',
      examples: ['500ms'],
    }),
  }
}

function sending() {
  const value = z.string({ error: 'the value of a field is a text' })
  return {
    'send-headers': optional(
      z.record(headerName(), line('the value of a header is a text of one line'), {
        error: HEADERS,
      }),
      {
        description: 'Headers to send with the request.',
        examples: [{ authorization: `Bearer \${SMOKE_TOKEN}` }],
      },
    ),
    method: optional(
      z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], {
        error: 'a method is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      }),
      { description: '`GET`, or `POST` where something is sent.', examples: ['PUT'] },
    ),
    'send-json': optional(z.unknown(), {
      description: 'Sent as JSON.',
      examples: [{ name: 'ann', password: `\${SMOKE_PASSWORD}` }],
    }),
    'send-form': optional(
      z.record(z.string(), value, { error: 'a map of fields is needed, such as { name: ann }' }),
      {
        description: 'Sent as a form of a page is.',
        examples: [{ name: 'ann', password: `\${SMOKE_PASSWORD}` }],
      },
    ),
    'send-body': optional(z.string({ error: 'a text is needed' }), {
      description: 'Sent as it is; say its `content-type` in `send-headers`.',
      examples: ['ping'],
    }),
  }
}

function securityHeaders() {
  const allowed = `true is needed, or a list of: ${SECURITY_HEADERS.join(', ')}`
  const names = someOf(z.enum(SECURITY_HEADERS), allowed)
  return z.union([z.literal(true), names], { error: allowed })
}

function cors() {
  const origin = 'an origin is needed, such as https://app.example.com'
  const word = matching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'a plain word is needed, such as PUT')
  return keyed({
    origin: described(matching(/^https?:\/\/[^\s/]+$/, origin), {
      description: 'Where the other page comes from.',
      examples: ['https://app.example.com'],
    }),
    methods: withDefault(listOf(word, 'a list of methods is needed, such as [PUT]'), ['GET'], {
      description: 'Methods that it may use.',
      examples: [['PUT', 'DELETE']],
    }),
    headers: withDefault(listOf(word, 'a list of header names is needed'), [], {
      description: 'Headers that it may send.',
      examples: [['authorization']],
    }),
    credentials: withDefault(z.boolean({ error: 'true or false is needed' }), false, {
      description: 'Whether cookies may come with its requests.',
      examples: [true],
    }),
  })
}

/** What no single key of `http` shows. */
export function httpMistake(written: Written): string | undefined {
  const sent = [written['send-json'], written['send-form'], written['send-body']]
  if (sent.filter((each) => each !== undefined).length > 1) {
    return 'only one of send-json, send-form and send-body can be sent'
  }
  if (written.redirect !== undefined && written.follow !== undefined) {
    return 'redirect looks at the first answer, and follow at the last; take one of them'
  }
  return fromMistake(written)
}

/** What was written, after the schema has read it. */
type Written = z.output<z.ZodMiniObject<ReturnType<typeof httpKeys>>>

export function httpSettings(written: Written): HttpSettings {
  const { within, timeout, headers, body, json, redirect } = written
  return compact({
    path: written.path,
    port: written.port,
    status: statusOf(written),
    sendHeaders: written['send-headers'] ?? {},
    headers: headers ?? {},
    body,
    json: json as JsonValue | undefined,
    withinMs: within,
    method: written.method,
    send: sentOf(written),
    redirect,
    follow: written.follow,
    securityHeaders: written['security-headers'],
    cors: written.cors,
    ...fromSettings(written),
    timeoutMs: timeout,
  })
}

const REDIRECTS = [301, 302, 303, 307, 308]

function statusOf({ status, redirect }: Written): readonly number[] {
  const isSaid = status.length !== 1 || status[0] !== DEFAULTS.check.status
  return redirect === undefined || isSaid ? status : REDIRECTS
}

function sentOf(written: Written): Sent | undefined {
  const { 'send-json': json, 'send-form': form, 'send-body': text } = written
  if (json !== undefined) return { json: json as JsonValue }
  if (form !== undefined) return { form }
  return text === undefined ? undefined : { text }
}

/** What `health: /path` is short for. */
export function plainHttp(path: string): HttpSettings {
  const timeoutMs = parseDuration(DEFAULTS.check.timeout) ?? 0
  return { path, status: [DEFAULTS.check.status], sendHeaders: {}, headers: {}, timeoutMs }
}
