/** What OpenSSH's own messages mean. They are written in English whatever the locale. */
export type SshTrouble =
  | { readonly kind: 'unreachable'; readonly why: UnreachableWhy; readonly reason: string }
  | { readonly kind: 'key-unknown'; readonly name: string | undefined }
  | { readonly kind: 'key-changed'; readonly offered: string; readonly known: string }
  | {
      readonly kind: 'refused'
      readonly user: string | undefined
      readonly methods: string
      readonly tooMany: boolean
    }
  | { readonly kind: 'other'; readonly reason: string }

type UnreachableWhy = 'no-such-name' | 'refused' | 'timeout' | 'closed'

/** Reads what ssh wrote before it gave up. The first cause counts, not what followed from it. */
export function readSshTrouble(lines: readonly string[]): SshTrouble {
  const text = lines.join('\n')
  return keyTrouble(text) ?? refusal(text) ?? unreachable(lines) ?? other(lines)
}

function keyTrouble(text: string): SshTrouble | undefined {
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY DETECTED/.test(text)) {
    const [, offered = 'another key'] =
      /sent by the remote host is\n(SHA256:\S+?)\.?\s/.exec(text) ?? []
    const [, known = ''] = /Offending (\S+ key in .+)/.exec(text) ?? []
    return { kind: 'key-changed', offered, known }
  }
  const unknown = /No \S+ host key is known for (\S+) and you have requested/.exec(text)
  if (unknown === null && !text.includes('Host key verification failed.')) return undefined
  return { kind: 'key-unknown', name: unknown?.[1] }
}

function refusal(text: string): SshTrouble | undefined {
  const denied = /^(?:(\S+)@\S+: )?Permission denied \(([^)]*)\)/m.exec(text)
  const tooMany = text.includes('Too many authentication failures')
  if (denied === null && !tooMany) return undefined
  const methods = denied?.[2] ?? 'other keys'
  return { kind: 'refused', user: denied?.[1], methods, tooMany }
}

const UNREACHABLE: readonly (readonly [UnreachableWhy, RegExp])[] = [
  ['no-such-name', /Could not resolve hostname|Name or service not known/],
  ['refused', /connect to host .*: Connection refused/],
  ['timeout', /connect to host .*: (Connection|Operation) timed out/],
  ['timeout', /Connection timed out during banner exchange|not responding/],
  ['timeout', /connect to host .*: (No route to host|Network is unreachable)/],
  ['closed', /^(kex_exchange_identification: )?(read: )?Connection (closed|reset) by/],
  ['closed', /connect to host .*: /],
]

/** A jump host's own message comes first, and says more than that the tunnel through it closed. */
function unreachable(lines: readonly string[]): SshTrouble | undefined {
  for (const [why, pattern] of UNREACHABLE) {
    const line = lines.find((line) => pattern.test(line))
    if (line !== undefined) return { kind: 'unreachable', why, reason: withoutPrefix(line) }
  }
  return undefined
}

function other(lines: readonly string[]): SshTrouble {
  const line = lines.findLast((line) => line.trim() !== '')
  return { kind: 'other', reason: line === undefined ? 'it said nothing' : withoutPrefix(line) }
}

function withoutPrefix(line: string): string {
  return line.replace(/^(ssh|kex_exchange_identification|ssh_exchange_identification): /, '').trim()
}
