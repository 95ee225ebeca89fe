import { ensureRunning, namesOf, reserve, startBare } from './boot.ts'
import { must } from './command.ts'
import { type Place, place } from './place.ts'
import type { Server } from './server.ts'
import { ensureKey, writeSshFiles } from './ssh-files.ts'

/**
 * Servers with sshd and a Docker daemon of their own, in containers of this machine's Docker.
 *
 * They are real to Belay, which reaches them with the user's own OpenSSH client. A test passes
 * `env` (that is `BELAY_SSH_CONFIG`, the file Belay hands to `ssh -F`) to the command and uses the
 * names of that file as hosts: `lab1` (root), `lab1-deploy` (a user in the group docker),
 * `lab1-plain` (a user who may not use Docker), `lab2` and so on. By hand:
 * `ssh -F .lab/ssh_config lab1`.
 *
 * Servers are left running for the next run, which finds them in a second.
 */
export class Lab {
  readonly servers: readonly Server[]
  readonly sshConfig: string
  /** The environment in which Belay finds the servers. */
  readonly env: Readonly<Record<string, string>>
  readonly #place: Place

  private constructor(servers: readonly Server[], where: Place) {
    this.servers = servers
    this.sshConfig = where.sshConfig
    this.env = { BELAY_SSH_CONFIG: where.sshConfig }
    this.#place = where
  }

  /** Servers `lab1` to `labN`, running and answering; started only where they are not. */
  static async up(
    options: { readonly servers?: number; readonly name?: string } = {},
  ): Promise<Lab> {
    const count = options.servers ?? 1
    const where = place(options.name)
    await ensureKey(where)
    const servers: Server[] = []
    for (let number = 1; number <= count; number++) servers.push(await reserve(where, number))
    await Promise.all(servers.map((server) => ensureRunning(server, where)))
    await writeSshFiles(where)
    return new Lab(servers, where)
  }

  /** One server, `lab9`, that has sshd alone and was never set up; `ana` may use sudo there. */
  static async bare(): Promise<Lab> {
    const where = place()
    await ensureKey(where)
    const server = await reserve(where, BARE)
    await startBare(server, where)
    await writeSshFiles(where)
    return new Lab([server], where)
  }

  server(number: number): Server {
    const server = this.servers[number - 1]
    if (server === undefined) throw new Error(`the lab has no server ${number}`)
    return server
  }

  async clean(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.clean()))
  }

  /** Removes the servers and all that they held, whoever started them. */
  async down(): Promise<void> {
    await takeDown(this.#place)
  }

  static async down(): Promise<void> {
    await takeDown(place())
  }
}

const BARE = 9

async function takeDown({ prefix }: Place): Promise<void> {
  const containers = await namesOf(['container', 'ls', '-a'], `${prefix}-`)
  if (containers.length > 0) await must(['docker', 'rm', '-f', '-v', ...containers])
  const volumes = await namesOf(['volume', 'ls'], `${prefix}-`)
  if (volumes.length > 0) await must(['docker', 'volume', 'rm', '-f', ...volumes])
  const networks = await namesOf(['network', 'ls'], `${prefix}-`)
  if (networks.length > 0) await must(['docker', 'network', 'rm', ...networks])
}
