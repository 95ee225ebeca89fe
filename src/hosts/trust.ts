import { createHash } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { HostAddress } from '../config/app-config.ts'
import { hostKeyUnreadable, knownHostsUnwritable } from './failures.ts'
import type { Reach } from './host-at.ts'
import { keyProbeArgv, type SshTarget } from './links/ssh-command.ts'
import { sshFailure } from './links/ssh-failure.ts'
import { sshSettings } from './links/ssh-settings.ts'
import { readSshTrouble } from './links/ssh-words.ts'
import { type Ended, runProcess } from './process.ts'

/** A host's public key, to be compared with what the server's console shows. */
export interface HostKey {
  /** `ssh-ed25519` */
  readonly type: string
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string
}

/** Whether ssh would accept the key that a host shows. */
export type KeyFinding =
  | { readonly state: 'trusted' }
  | {
      readonly state: 'unknown' | 'changed'
      readonly key: HostKey
      /** Keys that are known for it by now. */
      readonly known: readonly HostKey[]
      /** The known_hosts file that would be written. */
      readonly file: string
      /** The line that would be added. */
      readonly line: string
      readonly keyName: string
    }

export type UntrustedKey = Exclude<KeyFinding, { state: 'trusted' }>

const PROBE_MS = 30_000

/**
 * Asks a host for its key the way ssh itself would go, jump hosts and all, without logging in:
 * once as ssh would judge it, once to see the key. Nothing is written outside a temporary folder.
 */
export async function findHostKey(address: HostAddress, reach: Reach): Promise<KeyFinding> {
  const target = targetOf(address, reach)
  const folder = await mkdtemp(join(tmpdir(), 'belay-key-'))
  const shownFile = join(folder, 'known_hosts')
  try {
    const [settings, judged, shown] = await Promise.all([
      sshSettings(target, reach.env),
      probe(target, reach, ['StrictHostKeyChecking=yes']),
      probe(target, reach, [
        'StrictHostKeyChecking=accept-new',
        `UserKnownHostsFile=${shownFile}`,
        'GlobalKnownHostsFile=/dev/null',
        'CheckHostIP=no',
        'UpdateHostKeys=no',
      ]),
    ])
    const trouble = readSshTrouble(linesOf(judged))
    // Nobody logs in by the method `none`: being refused means that the key was accepted.
    if (judged.code === 0 || trouble.kind === 'refused') return { state: 'trusted' }
    if (trouble.kind !== 'key-unknown' && trouble.kind !== 'key-changed') {
      throw await failureOf(judged, target, reach)
    }
    const line = (await readFile(shownFile, 'utf8').catch(() => '')).split('\n')[0] ?? ''
    const key = readKey(line)
    if (key === undefined) {
      throw hostKeyUnreadable({ host: address.name }, { evidence: linesOf(shown) })
    }
    const { keyName, knownHostsFiles } = settings
    const known = await knownKeys(keyName, knownHostsFiles, reach)
    const state = trouble.kind === 'key-changed' ? 'changed' : 'unknown'
    return { state, key, known, file: knownHostsFiles[0] ?? 'none', line, keyName }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Keeps exactly the key that was shown; a changed one takes the place of the old. */
export async function trustHostKey(found: UntrustedKey, reach: Reach): Promise<void> {
  const { file, line, keyName } = found
  try {
    if (file === 'none' || file === '/dev/null') throw new Error('ssh keeps no known hosts')
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    if (found.state === 'changed') {
      await runProcess(['ssh-keygen', '-R', keyName, '-f', file], {
        env: reach.env,
        timeoutMs: 5000,
      })
    }
    const before = await readFile(file, 'utf8').catch(() => '')
    const gap = before === '' || before.endsWith('\n') ? '' : '\n'
    await appendFile(file, `${gap}${line}\n`, { mode: 0o600 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw knownHostsUnwritable({ file, reason }, { cause })
  }
}

function targetOf(address: HostAddress, { sshConfig }: Reach): SshTarget {
  return { address, ...(sshConfig === undefined ? {} : { configFile: sshConfig }) }
}

function probe(target: SshTarget, { env }: Reach, settings: readonly string[]): Promise<Ended> {
  return runProcess(keyProbeArgv(target, settings), { env, timeoutMs: PROBE_MS })
}

function failureOf(ended: Ended, target: SshTarget, { env }: Reach): Promise<Error> {
  const { code } = ended
  const lines = linesOf(ended)
  return sshFailure({ ...target, env, exitCode: code, lines, noise: [], cause: undefined })
}

function linesOf({ stderr }: Ended): readonly string[] {
  return stderr.split(/\r?\n/).filter((line) => line !== '')
}

async function knownKeys(
  name: string,
  files: readonly string[],
  { env }: Reach,
): Promise<readonly HostKey[]> {
  const found = await Promise.all(
    files.map((file) =>
      runProcess(['ssh-keygen', '-F', name, '-f', file], { env, timeoutMs: 5000 }),
    ),
  )
  return found.flatMap(({ stdout }) => stdout.split('\n').flatMap((line) => readKey(line) ?? []))
}

/** `[marker] names type key [comment]`, as in a known_hosts file. */
function readKey(line: string): HostKey | undefined {
  const match = /^(?:@\S+ )?[^#\s]\S* (\S+) ([A-Za-z0-9+/]+=*)(?: |$)/.exec(line)
  if (match === null) return undefined
  const [, type = '', blob = ''] = match
  const hash = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64')
  return { type, fingerprint: `SHA256:${hash.replace(/=+$/, '')}` }
}
