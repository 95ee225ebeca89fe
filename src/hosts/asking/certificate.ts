import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** Whom a server says to be, and for how long. */
export interface Certificate {
  readonly names: readonly string[]
  readonly issuer: string
  /** Whole days until it ends, by this machine's clock; below zero when it has. */
  readonly daysLeft: number
  /** Its own name, then who vouches for it, as far as that is known. */
  readonly chain: readonly string[]
}

/** Caddy's own authority, for names that no other would certify, like `shop.localhost`. */
const INTERNAL = 'Caddy Local Authority'

const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
}

type Connected = Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerCertificate'>

/** What is wrong with a certificate, for clients; undefined where they would believe it. */
export function distrustOf(socket: Connected): string | undefined {
  if (socket.authorized) return undefined
  const { issuer } = socket.getPeerCertificate()
  if (String(issuer?.CN ?? '').startsWith(INTERNAL)) return undefined
  const code = String(socket.authorizationError)
  return WORDS[code] ?? `is not trusted (${code})`
}

/** Caddy has no certificate for the name, and cannot say so but by ending the handshake. */
export function lacksCertificate({ code = '', message }: NodeJS.ErrnoException): boolean {
  return /ALERT_INTERNAL_ERROR/.test(code) || /alert internal error/i.test(message)
}

const DAY_MS = 86_400_000
/** Longer ones are made to tire whoever reads them. */
const CHAIN_MAX = 10

/** What the certificate says; undefined where none was shown. */
export function certificateOf(
  socket: Pick<TLSSocket, 'getPeerCertificate'>,
  now: number,
): Certificate | undefined {
  const own = socket.getPeerCertificate(true)
  const end = Date.parse(own.valid_to ?? '')
  if (Number.isNaN(end)) return undefined
  return {
    names: namesOf(own),
    issuer: nameIn(own.issuer),
    daysLeft: Math.floor((end - now) / DAY_MS),
    chain: chainOf(own),
  }
}

function namesOf({ subjectaltname, subject }: DetailedPeerCertificate): readonly string[] {
  const listed = (subjectaltname ?? '').split(', ').map((name) => name.replace(/^[^:]*:/, ''))
  const names = listed.filter((name) => name !== '')
  return names.length > 0 ? names : [nameIn(subject)]
}

function chainOf(own: DetailedPeerCertificate): readonly string[] {
  const names: string[] = []
  let at: DetailedPeerCertificate | undefined = own
  while (at !== undefined && names.length < CHAIN_MAX) {
    names.push(nameIn(at.subject))
    const above: DetailedPeerCertificate | undefined = at.issuerCertificate
    at = above === at || above?.fingerprint256 === at.fingerprint256 ? undefined : above
  }
  return names
}

function nameIn(about: DetailedPeerCertificate['subject'] | undefined): string {
  return String(about?.CN ?? about?.O ?? 'no name')
}
