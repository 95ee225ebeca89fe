import { existsSync, writeFileSync } from 'node:fs'
import { namesOf, reserve } from './boot.ts'
import { must } from './command.ts'
import type { Place } from './place.ts'
import type { Server } from './server.ts'

export async function ensureKey({ key, prefix }: Place): Promise<void> {
  if (existsSync(key) && existsSync(`${key}.pub`)) return
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', prefix, '-f', key])
}

/** All servers of the lab that run, not only those of this call: a smaller lab forgets nobody. */
export async function writeSshFiles(where: Place): Promise<void> {
  const knownHosts: string[] = []
  const hosts: string[] = []
  for (const container of await namesOf(['container', 'ls'], `${where.prefix}-`)) {
    const server = await reserve(where, Number(container.slice(where.prefix.length + 1)))
    const hostKey = await server.run(['cat', '/etc/ssh/ssh_host_ed25519_key.pub'])
    knownHosts.push(`${server.name} ${hostKey.split(' ').slice(0, 2).join(' ')}`)
    hosts.push(hostEntries(server, where))
  }
  writeFileSync(where.knownHosts, `${knownHosts.join('\n')}\n`)
  writeFileSync(where.sshConfig, hosts.join('\n'))
}

function hostEntries({ name, port }: Server, { key, knownHosts }: Place): string {
  const users = { [name]: 'root', [`${name}-deploy`]: 'deploy', [`${name}-plain`]: 'nobodydocker' }
  const shared = `  HostName 127.0.0.1
  Port ${port}
  HostKeyAlias ${name}
  HostKeyAlgorithms ssh-ed25519
  IdentityFile "${key}"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "${knownHosts}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`
  return Object.entries(users)
    .map(([host, user]) => `Host ${host}\n  User ${user}\n${shared}`)
    .join('\n')
}
