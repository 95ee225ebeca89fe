import { setTimeout as wait } from 'node:timers/promises'
import { get } from '../../lab/http.ts'
import type { Server } from '../../lab/server.ts'

const ASKED = 6

/** What a server is left with. */
export type Left = {
  /** The releases that answer on port 80; none where nobody does. */
  readonly serves: readonly string[]
  /** How many containers of the app run. */
  readonly running: number
}

export async function lookAt(server: Server): Promise<Left> {
  const names = await server.sh("docker ps --format '{{.Names}}'")
  const ours = names.split('\n').filter((name) => name !== '' && !/proxy|caddy|registry/.test(name))
  const versions = new Set<string>()
  for (let asked = 0; asked < ASKED; asked++) {
    const version = await versionOn(server)
    if (version !== undefined) versions.add(version)
  }
  return { serves: [...versions].sort(), running: ours.length }
}

async function versionOn({ httpPort }: Server): Promise<string | undefined> {
  const answer = await get(httpPort, '/', { timeoutMs: 2000 })
  return answer?.status === 200 ? String(answer.headers['x-version']) : undefined
}

/** Until a container runs that did not run before. */
export async function newContainer(
  server: Server,
  before: ReadonlySet<string>,
  withinMs = 60_000,
): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    const now = await containersOn(server)
    if ([...now].some((id) => !before.has(id))) return true
    await wait(100)
  }
  return false
}

export async function containersOn(server: Server): Promise<ReadonlySet<string>> {
  return new Set((await server.sh('docker ps -q')).split('\n').filter((id) => id !== ''))
}
