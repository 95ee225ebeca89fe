import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { command, must } from './command.ts'
import type { Lab } from './lab.ts'
import { keptPort, place } from './place.ts'

/**
 * A registry that this machine and the lab's servers call by the same name: a port of the loopback,
 * which Docker trusts without a certificate, and which ssh brings to the servers.
 */
export class LabRegistry {
  readonly server: string
  readonly #close: () => Promise<void>
  #tunnels: readonly ChildProcess[] = []

  private constructor(port: number, close: () => Promise<void>) {
    this.server = `127.0.0.1:${port}`
    this.#close = close
  }

  /** Debian's `docker-registry`, with a password. */
  static async real(lab: Lab, login: { username: string; password: string }): Promise<LabRegistry> {
    const where = place()
    const name = `${where.prefix}-registry`
    const port = await keptPort(where, name, 5300)
    await command(['docker', 'rm', '-f', '-v', name])
    const env = [
      '-e',
      `REGISTRY_USER=${login.username}`,
      '-e',
      `REGISTRY_PASSWORD=${login.password}`,
    ]
    const publish = ['-p', `127.0.0.1:${port}:5000`]
    await must(['docker', 'run', '-d', '--name', name, ...env, ...publish, 'belay-lab/registry:1'])
    const registry = new LabRegistry(port, async () => {
      await must(['docker', 'rm', '-f', '-v', name])
    })
    await registry.#reach(lab)
    return registry
  }

  /** One that answers as a test wants it to. */
  static async fake(
    lab: Lab,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<LabRegistry> {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const registry = new LabRegistry(portOf(server), async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    await registry.#reach(lab)
    return registry
  }

  async close(): Promise<void> {
    for (const tunnel of this.#tunnels) tunnel.kill()
    await this.#close()
  }

  async #reach({ servers, sshConfig }: Lab): Promise<void> {
    const [, port = ''] = this.server.split(':')
    this.#tunnels = servers.map(({ sshHost }) => {
      const forward = ['-o', 'ExitOnForwardFailure=yes', '-R', `${port}:127.0.0.1:${port}`]
      return spawn('ssh', ['-F', sshConfig, '-N', ...forward, sshHost], { stdio: 'ignore' })
    })
    const ask = `for try in $(seq 100); do
      (: </dev/tcp/127.0.0.1/${port}) 2>/dev/null && exit
      sleep 0.1
    done
    exit 1`
    await Promise.all(servers.map((server) => server.run(['bash', '-c', ask])))
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
