import type { Spot } from './points.ts'
import { KILLED, type Scenario } from './scenario.ts'
import type { Stand } from './stand.ts'
import type { Moment } from './tap.ts'

/** Which versions may answer on a server. */
export type Expected = (host: string) => readonly string[]

/** Once nothing moves any more, by what is known of the fault and of how the deployment ended. */
export function expectedVersions(
  { fault, spot }: Scenario,
  { exit, old, stand }: { exit: number; old: string; stand: Stand },
): Expected {
  const versions = { no: [old], perhaps: [old, stand.version], yes: [stand.version] }
  const { serves = exit === 0 ? 'new' : exit === KILLED ? undefined : 'old' } = fault
  if (serves === 'one of both') return () => versions.perhaps
  if (serves !== undefined) return () => versions[serves === 'new' ? 'yes' : 'no']
  return (host) => versions[isDecided(host, spot, stand.server.name)]
}

const AFTER_ALL: readonly string[] = ['note', 'release', 'put-receipt', 'put-log']

const AT_DECISION: Readonly<Record<Moment, 'no' | 'perhaps' | 'yes'>> = {
  before: 'no',
  during: 'perhaps',
  after: 'yes',
}

/**
 * A run that was killed before its decision is undone, and after it finished. The anchor decides
 * first, and then the others side by side, each of which settles by itself.
 */
function isDecided(host: string, spot: Spot | undefined, anchor: string): 'no' | 'perhaps' | 'yes' {
  if (spot === undefined) return 'no'
  const { request, host: struck } = spot.point
  if (AFTER_ALL.includes(request)) return 'yes'
  if (request !== 'decide' && request !== 'settle') return 'no'
  if (host === struck) return request === 'settle' ? 'yes' : AT_DECISION[spot.moment]
  if (host === anchor) return 'yes'
  return request === 'decide' ? 'no' : 'perhaps'
}
