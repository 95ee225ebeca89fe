import type { HostAddress } from '../../config/app-config.ts'
import type { RunResult } from '../host.ts'
import type { Reach } from '../host-at.ts'
import { sshFailure } from '../links/ssh-failure.ts'
import { aloneArgv } from '../links/ssh-command.ts'
import { sshSettings } from '../links/ssh-settings.ts'
import { runProcess } from '../process.ts'

/** A server of which nothing is asked but sshd and a shell: no Docker, no kit. */
export interface BareServer {
  readonly name: string
  /** Runs a program, over a connection of its own. Fails as any connection does. */
  run(argv: readonly string[], options: BareOptions): Promise<RunResult>
  /** Files with the public keys that ssh would offer there, as far as they exist. */
  keyFiles(): Promise<readonly string[]>
}

export interface BareOptions {
  readonly input?: Uint8Array
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

const SSH_ITSELF = 255

export function bareAt(address: HostAddress, reach: Reach): BareServer {
  const { name } = address
  const { env, sshConfig } = reach
  const target = { address, ...(sshConfig === undefined ? {} : { configFile: sshConfig }) }
  const isLocal = address.kind === 'local'
  return {
    name,
    run: async (argv, options) => {
      const words = isLocal ? argv : aloneArgv(target, argv)
      const ended = await runProcess(words, { env, ...options })
      if (!isLocal && ended.code === SSH_ITSELF) {
        const lines = ended.stderr.trim().split('\n')
        throw await sshFailure({
          ...target,
          env,
          exitCode: ended.code,
          lines,
          noise: [],
          cause: undefined,
        })
      }
      return ended
    },
    keyFiles: async () => {
      if (isLocal) return []
      const { identityFiles } = await sshSettings(target, env)
      return identityFiles.map((file) => `${file.replace(/\.pub$/, '')}.pub`)
    },
  }
}
