import { type ChildProcess, spawn } from 'node:child_process'
import { must } from '../lab/command.ts'
import type { Server } from '../lab/server.ts'

/** Servers of the lab have neither Node nor git: a person would install them. */
export async function giveTools(server: Server): Promise<void> {
  if ((await server.exec(['test', '-d', '/usr/lib/git-core'])).code === 0) return
  await give(server, 'node:20-slim', ['usr/local/bin/node'])
  await give(server, 'belay-lab/git:1', [
    'usr/bin/git',
    'usr/bin/git-receive-pack',
    'usr/bin/git-upload-pack',
    'usr/lib/git-core',
  ])
}

const TOOLS = ['/usr/local/bin/node', '/usr/bin/git', '/usr/bin/git-*', '/usr/lib/git-core']

/** Where the hook puts what it makes, for the user `deploy`. */
export const PUSHED = ['/home/deploy/belay', '/home/deploy/repos']

export async function takeTools(server: Server): Promise<void> {
  await server.sh(`rm -rf ${[...TOOLS, ...PUSHED].join(' ')}`)
}

async function give(server: Server, image: string, paths: readonly string[]): Promise<void> {
  const source = await must(['docker', 'create', image, 'true'])
  const into = `docker exec -i ${server.container} tar -x -C / ${paths.join(' ')}`
  const tar = `docker export ${source} | ${into}`
  await must(['bash', '-o', 'pipefail', '-c', tar])
  await must(['docker', 'rm', source])
}

export function git(folder: string, ...words: readonly string[]): readonly string[] {
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']
  return ['git', '-C', folder, ...who, '-c', 'commit.gpgsign=false', ...words]
}

export async function commitAll(folder: string, message: string): Promise<string> {
  await must(git(folder, 'init', '--quiet', '--initial-branch', 'main'))
  await must(git(folder, 'add', '--all'))
  await must(git(folder, 'commit', '--quiet', '--allow-empty', '--message', message))
  return must(git(folder, 'rev-parse', 'HEAD'))
}

export interface Pushing {
  readonly child: ChildProcess
  readonly text: () => string
  readonly ended: Promise<{ code: number; text: string }>
  readonly saying: (words: string) => Promise<void>
}

/** What a person sees who pushes to the remote `belay`. */
export function push(ref: string, folder: string, ssh: Record<string, string>): Pushing {
  const [program, ...words] = git(folder, 'push', '--force', 'belay', ref)
  const child = spawn(program!, words, {
    env: { ...process.env, ...ssh },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let text = ''
  const listeners: (() => void)[] = []
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
  const ended = new Promise<{ code: number; text: string }>((done) =>
    child.once('close', (code) => {
      clearTimeout(timer)
      done({ code: code ?? 137, text })
    }),
  )
  const saying = (words: string): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => void (text.includes(words) && done())
      listeners.push(look)
      look()
      void ended.then(() => fail(new Error(`it never said ${words}:\n${text}`)))
    })
  return { child, text: () => text, ended, saying }
}
