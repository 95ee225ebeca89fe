import * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { compact, matching, optional, passing, port, someOf, whole } from '../source/leaves.ts'
import { withDefault } from '../source/leaves.ts'
import { asciiDomain } from '../source/domain.ts'
import { timeout } from './leaves.ts'

export type TlsSettings = {
  /** Whose certificate; the first domain of the service that is no `*` where absent. */
  readonly domain?: string
  readonly daysLeft: number
  /** All of these are in the certificate. */
  readonly names: readonly string[]
  /** Whether clients must believe it without more ado. */
  readonly trusted: boolean
  readonly port?: number
  readonly from?: 'here'
  readonly timeoutMs: number
}

/** What may stand below `tls:`. */
export function tlsKeys() {
  const name = 'a name is needed, such as shop.example.com'
  const some = 'a list of names is needed, such as [shop.example.com]'
  return {
    domain: optional(
      passing((text) => asciiDomain(text) !== undefined, name),
      {
        description: "Whose certificate is looked at. Left out: the service's first domain.",
        examples: ['shop.example.com'],
      },
    ),
    'days-left': withDefault(whole(0, 3650, 'a whole number from 0 to 3650 is needed'), 14, {
      description: 'How long it must still be good, in days.',
      examples: [21],
    }),
    names: optional(someOf(matching(/^[A-Za-z0-9*._:-]+$/, name), some), {
      description: 'Names that must be in it, the domain aside.',
      examples: [['www.example.com']],
    }),
    trusted: withDefault(z.boolean({ error: 'true or false is needed' }), true, {
      description:
        'Whether the whole chain must lead to an authority that this machine believes. `false` ' +
        'for an authority of your own.',
      examples: [false],
    }),
    port: optional(port(), {
      description: "Left out: the proxy's port for HTTPS.",
      examples: [8443],
    }),
    from: optional(z.enum(['host', 'here']), {
      description: '`host`: on the server itself; `here`: from this machine, by the name.',
      examples: ['here'],
    }),
    timeout: timeout('When to give up.', DEFAULTS.check.timeout),
  }
}

type Written = z.output<z.ZodMiniObject<ReturnType<typeof tlsKeys>>>

export function tlsSettings(written: Written): TlsSettings {
  const { domain, names, trusted, port, from, timeout } = written
  return compact({
    domain: domain === undefined ? undefined : asciiDomain(domain),
    daysLeft: written['days-left'],
    names: names ?? [],
    trusted,
    port,
    from: from === 'here' ? from : undefined,
    timeoutMs: timeout,
  })
}
