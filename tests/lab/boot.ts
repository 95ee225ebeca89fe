import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { command, must } from './command.ts'
import { keptPort, type Place } from './place.ts'
import { Server } from './server.ts'

const serverImage = 'belay-lab-server'
const bareImage = 'belay-lab-bare'

const Bindings = z.record(z.string(), z.array(z.object({ HostPort: z.string() })))

/** Docker's own name filter matches anywhere in a name; a number must follow our prefix. */
export async function namesOf(list: readonly string[], prefix: string): Promise<string[]> {
  const column = list[0] === 'container' ? '{{.Names}}' : '{{.Name}}'
  const names = (await must(['docker', ...list, '--format', column])).split('\n')
  return names.filter(
    (name) => name.startsWith(prefix) && /^\d+(-docker)?$/.test(name.slice(prefix.length)),
  )
}

/** The server of this number, with the ports it has or will get. */
export async function reserve(where: Place, number: number): Promise<Server> {
  const container = `${where.prefix}-${number}`
  const published = await publishedPorts(container)
  return new Server({
    name: `lab${number}`,
    container,
    port: published?.ssh ?? (await keptPort(where, `${container}-ssh`, 2200 + number)),
    httpPort: published?.http ?? (await keptPort(where, `${container}-http`, 8080 + number)),
  })
}

/** The ports of a server that exists; asked of its settings, as a stopped one publishes none. */
async function publishedPorts(
  container: string,
): Promise<{ readonly ssh: number; readonly http: number } | undefined> {
  const format = '{{json .HostConfig.PortBindings}}'
  const found = await command(['docker', 'inspect', '--format', format, container])
  if (found.code !== 0) return undefined
  const bindings = Bindings.parse(JSON.parse(found.stdout))
  const ssh = Number(bindings['22/tcp']?.[0]?.HostPort)
  const http = Number(bindings['80/tcp']?.[0]?.HostPort)
  return ssh > 0 && http > 0 ? { ssh, http } : undefined
}

/** Started, or made anew, and answering. */
export async function ensureRunning(server: Server, where: Place): Promise<void> {
  if (await isCurrent(server, where)) {
    try {
      return await server.wake()
    } catch {
      // Broken beyond repair by an earlier test: a new one takes its place below.
    }
  }
  await must(['docker', 'rm', '-f', '-v', server.container]).catch(() => {})
  try {
    await create(server, where)
    await server.ready()
  } catch {
    // Its images may have been left damaged by a kill: once more, with an empty disk.
    await must(['docker', 'rm', '-f', '-v', server.container]).catch(() => {})
    await must(['docker', 'volume', 'rm', '-f', `${server.container}-docker`])
    await create(server, where)
    await server.ready()
  }
}

/** A server that has sshd alone, new every time. */
export async function startBare(server: Server, where: Place): Promise<void> {
  await must(['docker', 'rm', '-f', '-v', server.container]).catch(() => {})
  await command(['docker', 'volume', 'rm', '-f', `${server.container}-docker`])
  await create(server, where, bareImage)
  await server.answers()
}

/** Made from the image of now, and for the key of now. */
async function isCurrent(server: Server, where: Place): Promise<boolean> {
  const format = '{{.Image}} {{index .Config.Labels "belay.lab.key"}}'
  const found = await command(['docker', 'inspect', '--format', format, server.container])
  if (found.code !== 0) return false
  const image = await must(['docker', 'image', 'inspect', '--format', '{{.Id}}', serverImage])
  return found.stdout.trim() === `${image} ${keyHash(where)}`
}

function keyHash({ key }: Place): string {
  return createHash('sha256')
    .update(readFileSync(`${key}.pub`))
    .digest('hex')
    .slice(0, 16)
}

async function create(server: Server, where: Place, image = serverImage): Promise<void> {
  const { container } = server
  const argv = [
    ['docker', 'run', '-d', '--name', container, '--hostname', container],
    await rights(),
    ['--tmpfs', '/run:rw,nosuid,nodev,mode=755'],
    ['--label', `belay.lab.key=${keyHash(where)}`],
    ['-e', `LAB_AUTHORIZED_KEY=${readFileSync(`${where.key}.pub`, 'utf8').trim()}`],
    ['-v', `${container}-docker:/var/lib/docker`],
    ['-p', `127.0.0.1:${server.port}:22`, '-p', `127.0.0.1:${server.httpPort}:80`],
    [image],
  ]
  await must(argv.flat())
}

/** What a Docker inside Docker needs. Where a machine may not grant all, all but one do. */
async function rights(): Promise<readonly string[]> {
  const probe = ['docker', 'run', '--rm', '--privileged', 'busybox:stable', 'true']
  if ((await command(probe)).code === 0) {
    const version = await must(['docker', 'info', '--format', '{{.CgroupVersion}}'])
    return version === '2'
      ? ['--privileged', '--cgroupns=private', '-e', 'LAB_OWN_CGROUP=yes']
      : ['--privileged', '--cgroupns=host']
  }
  return [
    ['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE'],
    ['seccomp', 'apparmor', 'systempaths'].flatMap((it) => ['--security-opt', `${it}=unconfined`]),
    ['--device-cgroup-rule', 'a *:* rwm'],
    ['--cgroupns=host', '-v', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
  ].flat()
}
