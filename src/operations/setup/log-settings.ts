/** What Docker's settings say of the logs of containers. */
export type LogSettings =
  | { readonly kind: 'bounded'; readonly what: string }
  /** The same settings with a bound: everything else in them stays. */
  | { readonly kind: 'unbounded'; readonly merged: string }
  | { readonly kind: 'unreadable'; readonly reason: string }

export const LOG_SIZE = '100m'
export const LOG_FILES = '5'

/** Reads `/etc/docker/daemon.json`, and adds what bounds logs where nothing does. */
export function readLogSettings(text: string): LogSettings {
  const settings = text.trim() === '' ? {} : parsed(text)
  if (settings === undefined) return { kind: 'unreadable', reason: 'it is no JSON map' }
  const driver = settings['log-driver'] ?? 'json-file'
  const written = settings['log-opts'] ?? {}
  if (typeof driver !== 'string' || typeof written !== 'object') {
    return { kind: 'unreadable', reason: 'log-driver or log-opts is not what Docker takes' }
  }
  if (driver === 'local') return { kind: 'bounded', what: 'the driver "local" rotates by itself' }
  if (driver !== 'json-file') {
    return { kind: 'bounded', what: `logs go to ${driver}, which keeps its own bounds` }
  }
  const options = written as Readonly<Record<string, unknown>>
  if (options['max-size'] !== undefined) {
    const bounds = [options['max-size'], options['max-file']].filter((each) => each !== undefined)
    return { kind: 'bounded', what: `${bounds.map(shown).join(' × ')} for each container` }
  }
  const bound = { 'max-size': LOG_SIZE, 'max-file': options['max-file'] ?? LOG_FILES }
  const merged = { ...settings, 'log-driver': driver, 'log-opts': { ...options, ...bound } }
  return { kind: 'unbounded', merged: `${JSON.stringify(merged, null, 2)}\n` }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const data: unknown = JSON.parse(text)
    const isMap = typeof data === 'object' && data !== null && !Array.isArray(data)
    return isMap ? (data as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
