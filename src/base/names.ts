/**
 * Names that Belay makes. All of them go into shell words, DNS labels and file names, so they are
 * held to one safe alphabet here, and `safeWord` is asserted wherever one crosses to a host.
 */

/** App and environment names: a DNS label in lower case, at most 40 characters. */
export const NAME_PATTERN = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

/** `r42`, or `r42.1` for its first restart. */
export const RELEASE_PATTERN = /^r[1-9]\d{0,8}(\.[1-9]\d{0,3})?$/

/** What a release and its restarts share: 42 of `r42` and of `r42.1`. */
export function releaseNumber(release: string): number {
  return Number.parseInt(release.slice(1), 10)
}

/** Sorts releases, the oldest first; a release's restarts come after it. */
export function byAge(a: string, b: string): number {
  const restart = (release: string): number => Number(release.split('.')[1] ?? 0)
  return releaseNumber(a) - releaseNumber(b) || restart(a) - restart(b)
}

const SAFE_WORD = /^[A-Za-z0-9_.:@,=+/-]+$/

/** A word that needs no quoting anywhere; anything else here is a bug. */
export function safeWord(word: string): string {
  if (!SAFE_WORD.test(word)) throw new Error(`not a safe word: ${JSON.stringify(word)}`)
  return word
}

/** The release's compose project: `shop-r42`, `shop-r42-1`. */
export function releaseProject(baseProject: string, release: string): string {
  return `${baseProject}-${release.replace('.', '-')}`
}

export type Slot = 'a' | 'b'

/** A routed service's name on the proxy's network, per slot: `shop-production-web-a`. */
export function slotAlias(routeKey: string, slot: Slot): string {
  return `${routeKey}-${slot}`
}

/**
 * The same name, written as one that DNS looks up from its root: what stays open (a WebSocket, server-sent
 * events) goes there, so that the proxy counts it apart from requests.
 */
export function openAlias(routeKey: string, slot: Slot): string {
  return `${slotAlias(routeKey, slot)}.`
}

/** Names the folder of tokens of one routed service: `shop-production-web`. */
export function routeKey(at: { app: string; environment: string; service: string }): string {
  return `${at.app}-${at.environment}-${at.service.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}`
}
