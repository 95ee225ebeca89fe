import { existsSync } from 'node:fs'
import type { Failure } from '../../base/failure.ts'
import {
  hostKeyChanged,
  hostKeyUnknown,
  hostShellUnusable,
  hostUnreachable,
  sshFailed,
  sshMissing,
  sshRefused,
} from '../failures.ts'
import { type Environment, runProcess } from '../process.ts'
import type { SshTarget } from './ssh-command.ts'
import { sshSettings } from './ssh-settings.ts'
import { readSshTrouble, type SshTrouble } from './ssh-words.ts'

export interface SshEnd extends SshTarget {
  readonly env: Environment
  readonly exitCode: number
  /** What ssh wrote to its standard error. */
  readonly lines: readonly string[]
  /** What the host printed instead of an answer. */
  readonly noise: readonly string[]
  readonly cause: unknown
}

const SSH_ITSELF = 255
const EVIDENCE_LINES = 20

/** Why there is no session: read from how ssh ended. */
export async function sshFailure(end: SshEnd): Promise<Failure> {
  const { address, exitCode, lines, noise, cause } = end
  const host = address.name
  const evidence = [...noise, ...lines].slice(-EVIDENCE_LINES)
  if (exitCode === 127 && evidence.length === 0) return sshMissing({ host }, { cause })
  if (exitCode !== SSH_ITSELF) {
    const { user } = await sshSettings(end, end.env)
    return hostShellUnusable({ host, user }, { cause, evidence })
  }
  return failureOf(end, readSshTrouble(lines), evidence)
}

async function failureOf(
  end: SshEnd,
  trouble: SshTrouble,
  evidence: readonly string[],
): Promise<Failure> {
  const { cause, address } = end
  const host = address.name
  const extras = { cause, evidence }
  switch (trouble.kind) {
    case 'unreachable':
      return hostUnreachable({ host, why: trouble.why, reason: trouble.reason }, extras)
    case 'key-unknown':
      return hostKeyUnknown({ host, name: trouble.name ?? host }, extras)
    case 'key-changed':
      return hostKeyChanged({ host, offered: trouble.offered, known: trouble.known }, extras)
    case 'refused': {
      const { user, identityFiles } = await sshSettings(end, end.env)
      const files = identityFiles.filter((file) => existsSync(file))
      const tried = [...files, ...(await agentKeys(end.env))]
      const { methods, tooMany } = trouble
      return sshRefused({ host, user: trouble.user ?? user, methods, tried, tooMany }, extras)
    }
    case 'other':
      return sshFailed({ host, reason: trouble.reason }, extras)
    default:
      return trouble satisfies never
  }
}

async function agentKeys(env: Environment): Promise<readonly string[]> {
  if (env['SSH_AUTH_SOCK'] === undefined) return []
  const { code, stdout } = await runProcess(['ssh-add', '-l'], { env, timeoutMs: 3000 })
  if (code !== 0) return []
  const keys = stdout.split('\n').filter((line) => line.includes('SHA256:'))
  return keys.slice(0, 10).map((line) => `${line.split(' ')[2] ?? line} (from the agent)`)
}
