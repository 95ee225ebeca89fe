import type { Failure } from '../../../base/failure.ts'
import { formatDuration } from '../../../base/duration.ts'
import {
  registryBroken,
  registryBusy,
  registryCut,
  registryDown,
  registryForbids,
  registryLacks,
  registryRefusesLogin,
  registrySlow,
  registryUntrusted,
  registryWrongDigest,
} from './failures.ts'
import { layersNoSpace } from '../failures.ts'
import type { RegistryLogin } from './words.ts'

export interface Trouble {
  /** `this machine`, or the host. */
  readonly where: string
  readonly reference: string
  readonly registry: RegistryLogin
  readonly isLate: boolean
  /** What Docker said. */
  readonly lines: readonly string[]
}

/** What Docker's last words mean, where they are known. */
export function registryTrouble(trouble: Trouble): Failure | undefined {
  const { where, reference, registry, isLate, lines } = trouble
  const said = lines.join('\n')
  const { server, login, timeoutMs } = registry
  const about = { where, server, reference }
  const evidence = { evidence: lines.slice(-EVIDENCE_LINES) }
  if (isLate) return registrySlow({ ...about, limit: formatDuration(timeoutMs) }, evidence)
  for (const [words, failure] of WORDS) if (words.test(said)) return failure(about, evidence)
  if (LOGIN.test(said)) {
    return registryRefusesLogin({ ...about, hasLogin: login !== undefined }, evidence)
  }
  return undefined
}

const EVIDENCE_LINES = 10

type About = Pick<Trouble, 'where' | 'reference'> & { readonly server: string }
type Extras = { readonly evidence: readonly string[] }

/** In this order: what is said beside something else comes later. */
const WORDS: readonly (readonly [RegExp, (about: About, extras: Extras) => Failure])[] = [
  [/no space left on device/i, ({ where }, extras) => layersNoSpace({ host: where }, extras)],
  [/toomanyrequests|too many requests|\b429\b/i, registryBusy],
  [/x509|certificate|server gave HTTP response to HTTPS client|tls: /i, registryUntrusted],
  [/connection refused|connection reset|no such host|no route to host/i, registryDown],
  [/network is unreachable|i\/o timeout|deadline exceeded|Client\.Timeout/i, registryDown],
  [/verification failed|digest mismatch|failed (precondition|to verify)/i, registryWrongDigest],
  [/does not match|unexpected commit digest/i, registryWrongDigest],
  [/unexpected EOF|short read|content-length|\bEOF\b/i, registryCut],
  [/received unexpected HTTP status|HTTP status( code)?:? 5\d\d/i, registryBroken],
  [/internal server error|bad gateway|service unavailable|gateway time/i, registryBroken],
  [/\bdenied\b|\b403\b|forbidden/i, registryForbids],
  [/manifest[_ ]unknown|name[_ ]unknown|not found|does not exist|\b404\b/i, registryLacks],
]

const LOGIN =
  /unauthorized|\b401\b|authentication required|no basic auth credentials|incorrect username/i
