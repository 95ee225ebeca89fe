/** The words of going through a registry. */

/** What is handed to Docker for one push or pull, and kept nowhere. */
export interface RegistryLogin {
  readonly server: string
  readonly timeoutMs: number
  readonly login?: { readonly username: string; readonly password: string }
}

export interface RegistryPull {
  /** With its digest, or as the compose file names it. */
  readonly reference: string
  readonly registry: RegistryLogin
  /** What must arrive, and the name that it is to have there. */
  readonly image?: { readonly id: string; readonly name: string }
}

export interface RegistryPush {
  /** The image, by the name that it has where it is. */
  readonly image: string
  /** `registry.example.com/acme/shop:1a2b3c4`. */
  readonly target: string
  readonly registry: RegistryLogin
}

/** What Docker reads instead of the user's own: one registry's login, and nothing else. */
export function dockerConfig(
  { server, login }: RegistryLogin,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const { username = '', password = '' } = login ?? {}
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const auths = login === undefined ? {} : { [keyOf(server)]: { auth } }
  return `${JSON.stringify({ ...more, auths })}\n`
}

/** The Hub's login is kept under an address of old. */
function keyOf(server: string): string {
  return server === 'docker.io' ? 'https://index.docker.io/v1/' : server
}

/** By digest, after a push that said it. */
export function pinned(target: string, digest: string): string {
  return `${target.slice(0, target.lastIndexOf(':'))}@${digest}`
}

/** In the last lines of `docker push`. */
export function digestIn(lines: readonly string[]): string | undefined {
  for (const line of lines.toReversed()) {
    const digest = /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]
    if (digest !== undefined) return digest
  }
  return undefined
}
