import type { HostAddress } from './app-config.ts'

export type ParsedAddress =
  | { readonly ok: true; readonly address: HostAddress }
  | { readonly ok: false; readonly reason: string }

const FORMS =
  'write deploy@shop.example.com, ssh://deploy@shop.example.com:2222, a name from ' +
  'your SSH configuration, or local'

/**
 * Reads `user@name`, `ssh://user@name:port`, a name from the SSH configuration, or `local`.
 * What comes out is safe as an argument of `ssh`: it can neither be an option nor hold a space.
 */
export function parseHostAddress(text: string): ParsedAddress {
  if (text === 'local') {
    return { ok: true, address: { name: 'local', kind: 'local', destination: 'local' } }
  }
  if (text === '') return wrong(`it is empty: ${FORMS}`)
  if (/[\s\p{Cc}]/u.test(text)) return wrong('a host has no spaces or control characters in it')
  if (text.startsWith('-'))
    return wrong('a host does not begin with -, which ssh takes for an option')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
  if (scheme === undefined) return parsePlain(text)
  if (scheme !== 'ssh') return wrong(`only ssh:// leads to a host: ${FORMS}`)
  return parseUrl(text.slice('ssh://'.length))
}

/** What a host is called everywhere, as its address was written. */
export function hostNameOf(text: string): string {
  const parsed = parseHostAddress(text)
  return parsed.ok ? parsed.address.name : text
}

function parsePlain(text: string): ParsedAddress {
  const { user, rest } = splitUser(text)
  if (/^[^:]+:\d+$/.test(rest)) return wrong(`a port needs the long form: ssh://${text}`)
  if (rest.includes('/')) return wrong('a host has no path')
  if (/^\[?[0-9a-f]*:[0-9a-f:.]*\]?$/i.test(rest)) {
    const bare = rest.replaceAll(/[[\]]/g, '')
    return wrong(
      `an IPv6 address is written ssh://${user === undefined ? '' : `${user}@`}[${bare}]`,
    )
  }
  return build({ user, destination: rest, port: undefined })
}

function parseUrl(text: string): ParsedAddress {
  const { user, rest } = splitUser(text.replace(/\/$/, ''))
  if (/[/?#]/.test(rest)) return wrong('a host has no path')
  const inBrackets = /^\[([0-9a-f:][0-9a-f]*:[0-9a-f:.]*(?:%[A-Za-z0-9_.-]+)?)\](?::(.*))?$/i.exec(
    rest,
  )
  const [, destination = '', port] = inBrackets ?? /^([^:]*)(?::(.*))?$/.exec(rest) ?? []
  if (inBrackets === null && /[:[\]]/.test(destination + (port ?? ''))) {
    return wrong('an IPv6 address stands in brackets: ssh://deploy@[2001:db8::1]:22')
  }
  return build({ user, destination, port, isIpv6: inBrackets !== null })
}

/** Some sign-ins have an `@` in the user's name; `ssh` splits at the last one too. */
function splitUser(text: string): { user: string | undefined; rest: string } {
  const at = text.lastIndexOf('@')
  return at === -1
    ? { user: undefined, rest: text }
    : { user: text.slice(0, at), rest: text.slice(at + 1) }
}

interface Parts {
  readonly user: string | undefined
  readonly destination: string
  readonly port: string | undefined
  readonly isIpv6?: boolean
}

function build({ user, destination, port, isIpv6 = false }: Parts): ParsedAddress {
  const reason = userMistake(user) ?? destinationMistake(destination, isIpv6) ?? portMistake(port)
  if (reason !== undefined) return wrong(reason)
  const name = `${user === undefined ? '' : `${user}@`}${destination}`
  return {
    ok: true,
    address: {
      name: port === undefined ? name : `${name}:${Number(port)}`,
      kind: 'ssh',
      destination,
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port: Number(port) }),
    },
  }
}

function userMistake(user: string | undefined): string | undefined {
  if (user === undefined || /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*\$?$/.test(user)) return undefined
  if (user === '') return 'a user stands before the @'
  if (user.includes(':')) return 'a password has no place here: ssh signs in with keys'
  return 'a user has only letters, digits and . _ + - in the name, and no - at its beginning'
}

function destinationMistake(destination: string, isIpv6: boolean): string | undefined {
  if (destination === '') return 'the name of the host is missing'
  if (isIpv6 || /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/.test(destination)) return undefined
  if (/[^\u0020-\u007e]/.test(destination))
    return 'a host is written in ASCII: xn--… for other scripts'
  return 'a host has only letters, digits and . _ - in its name, and no - at its beginning'
}

function portMistake(port: string | undefined): string | undefined {
  if (port === undefined) return undefined
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535
  return isPort ? undefined : 'a port is a whole number from 1 to 65535'
}

function wrong(reason: string): ParsedAddress {
  return { ok: false, reason }
}
