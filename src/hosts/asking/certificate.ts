import type { TLSSocket } from 'node:tls'

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
