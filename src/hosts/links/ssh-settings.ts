import { join } from 'node:path'
import { type Environment, runProcess } from '../process.ts'
import { settingsArgv, type SshTarget } from './ssh-command.ts'

/** What ssh would use for a host, the user's configuration applied. */
export interface SshSettings {
  readonly user: string
  /** Key files that ssh would offer, whether they exist or not. */
  readonly identityFiles: readonly string[]
  readonly knownHostsFiles: readonly string[]
  /** Under which name the host's key is kept. */
  readonly keyName: string
}

export async function sshSettings(target: SshTarget, env: Environment): Promise<SshSettings> {
  const { stdout } = await runProcess(settingsArgv(target), { env, timeoutMs: 5000 })
  const values = (name: string): string[] =>
    [...stdout.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, value]) => value!)
  const expand = (file: string): string =>
    file.startsWith('~/') ? join(env['HOME'] ?? '/', file.slice(2)) : file
  const [host = target.address.destination] = values('hostname')
  const [port = '22'] = values('port')
  return {
    user: target.address.user ?? values('user')[0] ?? 'this user',
    identityFiles: values('identityfile').map(expand),
    knownHostsFiles: values('userknownhostsfile').join(' ').split(' ').filter(Boolean).map(expand),
    keyName: values('hostkeyalias')[0] ?? (port === '22' ? host : `[${host}]:${port}`),
  }
}
