import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OnProgress } from '../host.ts'
import { runProcess } from '../process.ts'
import { troubleOf } from '../shipping/registry/through.ts'
import { digestIn, dockerConfig, pinned, type RegistryPush } from '../shipping/registry/words.ts'
import { isAlive } from './layers/spool.ts'
import { dockerEnvironment, type Machine, runHere } from './machine.ts'

const PREFIX = 'belay-login.'
const QUICK_MS = 30_000
const LINES_KEPT = 40

/** Pushes an image of this machine. Resolves to the name with the digest; leaves no login behind. */
export async function pushToRegistry(
  machine: Machine,
  push: RegistryPush,
  onProgress: OnProgress,
): Promise<string> {
  const { image, target, registry } = push
  const own = dockerEnvironment(machine.env)
  const folder = await loginFolder(own, push)
  const lines: string[] = []
  try {
    const tag = ['docker', 'tag', '--', image, target]
    await runHere(machine, tag, { what: `tagging ${image}`, env: own, timeoutMs: QUICK_MS })
    const ended = await runHere(machine, ['docker', 'push', '--', target], {
      what: `pushing ${target}`,
      env: { ...own, DOCKER_CONFIG: folder },
      timeoutMs: registry.timeoutMs,
      onLine: (line) => {
        if (lines.push(line) > LINES_KEPT) lines.shift()
        onProgress(line)
      },
    })
    const digest = ended.how === 'exit' && ended.code === 0 ? digestIn(lines) : undefined
    if (digest !== undefined) return pinned(target, digest)
    throw troubleOf('this machine', { reference: target, registry, ended, lines })
  } finally {
    await rm(folder, { recursive: true, force: true })
    // Without the tag the image is as it was: built here, and of no registry.
    await runProcess(['docker', 'rmi', '--', target], { env: own, timeoutMs: QUICK_MS })
  }
}

/** The user's own Docker on another machine stays the one that is spoken to. */
async function loginFolder(env: Machine['env'], { registry }: RegistryPush): Promise<string> {
  await removeDead()
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}.`))
  const users = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker')
  const written = await readFile(join(users, 'config.json'), 'utf8').catch(() => '{}')
  const { currentContext } = JSON.parse(written) as { currentContext?: string }
  const more = currentContext === undefined ? {} : { currentContext }
  await symlink(join(users, 'contexts'), join(folder, 'contexts'))
  await writeFile(join(folder, 'config.json'), dockerConfig(registry, more), { mode: 0o600 })
  return folder
}

/** Of deployers that were killed. */
async function removeDead(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  const logins = names.filter((name) => name.startsWith(PREFIX))
  const dead = logins.filter((name) => !isAlive(Number(name.split('.')[1])))
  await Promise.all(
    dead.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})),
  )
}
