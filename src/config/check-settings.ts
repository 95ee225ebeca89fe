import * as z from 'zod/mini'
import { parseDuration } from '../base/duration.ts'
import { DEFAULTS } from './defaults.ts'
import { compact, described, duration, keyed, line, matching, optional } from './source/leaves.ts'
import { port, regex, someOf, text, turned, urlPath, whole, withDefault } from './source/leaves.ts'

/**
 * What each kind of check can be told: the schema of what users write, and the type of what the
 * kinds in `checks/` are given, with every default filled in. The values are plain data.
 */
export type CheckKind = 'http' | 'tcp' | 'command' | 'logs'

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** `regex` is for `compilePattern`. */
export type TextMatch = { readonly contains: string } | { readonly regex: string }

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
  /** When to give up asking. */
  readonly timeoutMs: number
}

export type TcpSettings = { readonly port: number; readonly timeoutMs: number }

export type CommandSettings = {
  readonly argv: readonly string[]
  readonly output?: TextMatch
  readonly timeoutMs: number
}

/** At least one of the two; both are for `compilePattern`. */
export type LogsSettings = { readonly not?: string; readonly must?: string }

/** What may stand below `http:`. */
export function httpKeys() {
  const headers = 'a map of header names is needed'
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
    status: statusCodes(),
    headers: optional(z.record(headerName(), textMatch('DENY'), { error: headers }), {
      description: 'Headers that the answer must have, and what they contain.',
      examples: [{ 'x-frame-options': 'DENY' }],
    }),
    'send-headers': optional(
      z.record(headerName(), line('the value of a header is a text of one line'), {
        error: headers,
      }),
      {
        description: 'Headers to send with the request.',
        examples: [{ authorization: `Bearer \${SMOKE_TOKEN}` }],
      },
    ),
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
    timeout: timeout('When to give up asking.', DEFAULTS.check.timeout),
  }
}

export function tcpKeys() {
  return {
    port: described(port(), { description: "The container's port.", examples: [6379] }),
    timeout: timeout('When to give up connecting.', DEFAULTS.check.timeout),
  }
}

export function commandKeys() {
  const allowed = 'a command is a text for the shell, or a list of words for none'
  const words = someOf(text(allowed), allowed)
  return {
    command: described(z.union([text(allowed), words], { error: allowed }), {
      description:
        'Run inside a container of the service; good when it exits 0. A text goes to the ' +
        "container's `/bin/sh`; a list of words needs no shell.",
      examples: ['redis-cli ping'],
    }),
    output: optional(textMatch('PONG'), {
      description: 'What it must print: a text, or `{ regex: … }`.',
      examples: ['PONG'],
    }),
    timeout: timeout('When to give up on the command.', DEFAULTS.check.commandTimeout),
  }
}

export function logsKeys() {
  return {
    not: optional(regex(), {
      description: 'No line since the start matches this. A leading `(?i)` ignores case.',
      examples: ['(?i)panic|unhandled'],
    }),
    must: optional(regex(), {
      description: 'At least one line matches this.',
      examples: ['listening on'],
    }),
  }
}

type Written<Keys extends () => z.core.$ZodLooseShape> = z.output<z.ZodMiniObject<ReturnType<Keys>>>

export function httpSettings(written: Written<typeof httpKeys>): HttpSettings {
  const { within, timeout, status, headers, body, json } = written
  return compact({
    path: written.path,
    port: written.port,
    status,
    sendHeaders: written['send-headers'] ?? {},
    headers: headers ?? {},
    body,
    json: json as JsonValue | undefined,
    withinMs: within,
    timeoutMs: timeout,
  })
}

/** What `health: /path` is short for. */
export function plainHttp(path: string): HttpSettings {
  const timeoutMs = parseDuration(DEFAULTS.check.timeout) ?? 0
  return { path, status: [DEFAULTS.check.status], sendHeaders: {}, headers: {}, timeoutMs }
}

export function tcpSettings({ port, timeout }: Written<typeof tcpKeys>): TcpSettings {
  return { port, timeoutMs: timeout }
}

export function commandSettings(written: Written<typeof commandKeys>): CommandSettings {
  const { command, output, timeout } = written
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  return compact({ argv, output, timeoutMs: timeout })
}

export function logsSettings({ not, must }: Written<typeof logsKeys>): LogsSettings {
  return compact({ not, must })
}

function timeout(description: string, absent: string) {
  return withDefault(duration('1ms', '10m'), absent, { description, examples: ['2s'] })
}

function statusCodes() {
  const allowed = 'a status is a whole number from 100 to 599, or a list of them'
  const code = whole(100, 599, allowed)
  const written = z.union([code, someOf(code, allowed)], { error: allowed })
  const codes = turned(written, (status) => (typeof status === 'number' ? [status] : status))
  return withDefault(codes, DEFAULTS.check.status, {
    description: "The answer's status, or a list of good ones.",
    examples: [[200, 204]],
  })
}

function headerName() {
  return matching(
    /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
    'the name of a header has only letters, digits and - in it',
  )
}

function textMatch(example: string) {
  const allowed = 'a text, {contains: …} or {regex: …} is needed'
  const either = keyed({
    contains: optional(text(allowed), {
      description: 'The text that is there.',
      examples: [example],
    }),
    regex: optional(regex(), {
      description: 'A regular expression that matches; a leading `(?i)` ignores case.',
      examples: ['v[0-9]+'],
    }),
  }).check(
    z.refine((match) => (match.contains === undefined) !== (match.regex === undefined), {
      error: 'exactly one of contains and regex is needed',
    }),
  )
  const contains = turned(text(allowed), (text): TextMatch => ({ contains: text }))
  const chosen = turned(
    either,
    ({ contains, regex }): TextMatch =>
      regex === undefined ? { contains: contains ?? '' } : { regex },
  )
  return z.union([contains, chosen], { error: allowed })
}
