import * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { compact, line, optional, port, text, urlPath, withDefault } from '../source/leaves.ts'
import { fromKeys, fromMistake, fromSettings } from './from.ts'
import type { FromSettings } from './from.ts'
import { headerName, textMatch, timeout } from './leaves.ts'
import type { TextMatch } from './leaves.ts'

export type WebSocketSettings = {
  readonly path: string
  readonly port?: number
  readonly sendHeaders: Readonly<Record<string, string>>
  /** Sent once it is open. */
  readonly send?: string
  /** The first message that comes. */
  readonly message?: TextMatch
  readonly timeoutMs: number
} & FromSettings

/** What may stand below `websocket:`. */
export function webSocketKeys() {
  return {
    path: withDefault(urlPath(), '/', {
      description: 'Where the handshake is asked for.',
      examples: ['/live'],
    }),
    port: optional(port(), {
      description: "The container's port, as for `http`.",
      examples: [9000],
    }),
    'send-headers': optional(
      z.record(headerName(), line('the value of a header is a text of one line'), {
        error: 'a map of header names is needed',
      }),
      {
        description: 'Headers to send with the handshake.',
        examples: [{ authorization: `Bearer \${SMOKE_TOKEN}` }],
      },
    ),
    send: optional(text('a text is needed'), {
      description: 'A message to send once it is open.',
      examples: ['ping'],
    }),
    message: optional(textMatch('pong'), {
      description: 'What the first message that comes contains: a text, or `{ regex: … }`.',
      examples: ['pong'],
    }),
    ...fromKeys(['host', 'network', 'here']),
    timeout: timeout('When to give up.', DEFAULTS.check.timeout),
  }
}

type Written = z.output<z.ZodMiniObject<ReturnType<typeof webSocketKeys>>>

export const webSocketMistake = (written: Written): string | undefined => fromMistake(written)

export function webSocketSettings(written: Written): WebSocketSettings {
  const { path, port, send, message, timeout } = written
  const sendHeaders = written['send-headers'] ?? {}
  const asked = { path, port, sendHeaders, send, message, timeoutMs: timeout }
  return compact({ ...asked, ...fromSettings(written) })
}
