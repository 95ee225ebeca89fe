import type { HostAddress } from '../config/app-config.ts'
import type { Host } from './host.ts'
import { bootstrapArgv, KIT } from './kit/kit.ts'
import type { KitStart } from './links/link.ts'
import { LocalLink } from './links/local.ts'
import { SshLink } from './links/ssh.ts'
import type { Environment } from './process.ts'
import { RemoteHost } from './remote-host.ts'

/** What reaching hosts takes from the one who asks. */
export interface Reach {
  /** For ssh and for programs on this machine: `HOME`, `PATH`, `SSH_AUTH_SOCK` and so on. */
  readonly env: Environment
  /** Handed to `ssh -F`; the user's own configuration where there is none. */
  readonly sshConfig?: string
}

const KIT_START: KitStart = { command: bootstrapArgv, bytes: KIT.bytes }

/** The host at an address: another machine over SSH, or this one. Nothing is opened yet. */
export function hostAt(address: HostAddress, reach: Reach): Host {
  const { name } = address
  const common = { env: reach.env, kit: KIT_START }
  if (address.kind === 'local') {
    return new RemoteHost({ name, link: new LocalLink({ name, ...common }), isFar: false })
  }
  const configFile = reach.sshConfig === undefined ? {} : { configFile: reach.sshConfig }
  return new RemoteHost({
    name,
    link: new SshLink({ address, ...common, ...configFile }),
    isFar: true,
  })
}
