import type { HostAddress } from '../../config/app-config.ts'
import { type HostKey, type UntrustedKey, findHostKey, trustHostKey } from '../../hosts/trust.ts'
import { fingerprintDiffers, fingerprintNeeded, notAgreed } from '../failures.ts'
import type { Page } from '../output/reporter.ts'
import type { Session } from '../session.ts'
import { reachOf } from '../world.ts'

export interface TrustReport {
  readonly host: string
  readonly state: 'local' | 'trusted' | 'unknown' | 'changed'
  readonly key: HostKey | null
  readonly known: readonly HostKey[]
  readonly file: string | null
}

/** Shows the key of a host that ssh does not know, and keeps it when a person says so. */
export async function trustHost(
  session: Session,
  address: HostAddress,
  fingerprint: string | undefined,
): Promise<void> {
  const host = address.name
  const told = (report: Omit<TrustReport, 'host'>): void =>
    session.reporter.answer({ of: 'trust', data: { host, ...report }, render: renderTrust })
  if (address.kind === 'local') return told({ state: 'local', key: null, known: [], file: null })
  const reach = reachOf(session.around.env)
  const found = await findHostKey(address, reach)
  if (found.state === 'trusted') return told({ ...found, key: null, known: [], file: null })
  const { state, key, known, file } = found
  told({ state, key, known, file })
  await mustBeRight(session, { host, found, fingerprint })
  await trustHostKey(found, reach)
  session.reporter.answer({
    of: 'trusted',
    data: { host, key, file },
    render: () => [`The key of ${host} is kept in ${file}.`],
  })
}

/** A fingerprint from elsewhere settles it. Else a person compares; a changed key takes more. */
async function mustBeRight(
  { consent, globals, prompt }: Session,
  about: { host: string; found: UntrustedKey; fingerprint: string | undefined },
): Promise<void> {
  const { host, found, fingerprint } = about
  const shown = found.key.fingerprint
  if (fingerprint !== undefined) {
    if (fingerprint !== shown) throw fingerprintDiffers({ host, shown, wanted: fingerprint })
    return
  }
  const isChanged = found.state === 'changed'
  if (isChanged && (prompt === undefined || globals.yes)) throw fingerprintNeeded({ host, shown })
  const agreed = await consent.ask({
    command: 'host trust',
    what: 'trusts a server',
    ask: isChanged ? `Replace the known key of ${host}?` : 'Is this the fingerprint of the server?',
    ...(isChanged ? { word: 'replace' } : {}),
  })
  if (!agreed) throw notAgreed({ command: 'host trust' })
}

export function renderTrust({ host, state, key, known }: TrustReport, { style }: Page): string[] {
  if (state === 'local') return [`${host} is this machine: there is nothing to trust.`]
  if (key === null) return [`${host} is known already: its key is the one in known_hosts.`]
  const name = key.type.replace(/^(ssh|ecdsa-sha2)-/, '').replace(/^nistp.*/, 'ecdsa')
  return [
    state === 'changed'
      ? style.bad(`The key of ${host} has CHANGED. It was reinstalled, or somebody is in between.`)
      : `${host} is not known yet. It shows this key:`,
    ...known.map(({ type, fingerprint }) => `  known  ${type} ${fingerprint}`),
    `  ${state === 'changed' ? 'shown  ' : ''}${key.type} ${style.strong(key.fingerprint)}`,
    'Compare it with what the server itself says, at its console or the provider’s:',
    `  ssh-keygen -lf /etc/ssh/ssh_host_${name}_key.pub`,
  ]
}
