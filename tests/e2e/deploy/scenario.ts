import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Event, StampedEvent } from '../../../src/base/event.ts'
import { must } from '../../lab/command.ts'
import { get } from '../../lab/http.ts'
import { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'

export const BELAY = resolve(process.env.BELAY_BIN ?? 'dist/belay.js')
const ENDS_WITHIN_MS = 120_000

export const IMAGES = ['caddy:2.11.4', 'busybox:stable']
export const SHOP_IMAGES = ['node:20-slim', 'belay-lab/app:1', 'belay-lab/app:2', 'belay-lab/app:3']

/** The lab's two servers, as if nothing had ever been deployed, with these images. */
export async function freshLab(images: readonly string[] = IMAGES): Promise<Lab> {
  const lab = await Lab.up({ servers: 2 })
  await lab.clean()
  for (const server of lab.servers) await server.loadImages(images)
  return lab
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What `--json` told. */
  readonly events: readonly Event[]
  /** When, in milliseconds since 1970: one for each event. */
  readonly times: readonly number[]
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ran>
  /** Resolves once the output so far has this text; rejects when the command ends without it. */
  saying(text: string | RegExp): Promise<void>
}

export type Env = Readonly<Record<string, string | undefined>>

/** Runs the command as it is shipped, as a process of its own. */
export function start(argv: readonly string[], at: { cwd: string; env: Env }): Running {
  const env = { ...process.env, NO_COLOR: '1', ...at.env }
  const child = spawn(process.execPath, [BELAY, ...argv], {
    cwd: at.cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let moved = () => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    moved()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    moved()
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS)
  const ended = new Promise<Ran>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => {
      clearTimeout(timer)
      try {
        const told = argv.includes('--json') ? stampedIn(stdout) : []
        const events = told.map(({ event }) => event)
        const times = told.map(({ at }) => Date.parse(at))
        done({ code: code ?? 137, stdout, stderr, events, times })
      } catch (error) {
        fail(error)
      }
    })
  })
  const saying = (wanted: string | RegExp) =>
    new Promise<void>((done, fail) => {
      moved = () => {
        const all = stdout + stderr
        if (typeof wanted === 'string' ? all.includes(wanted) : wanted.test(all)) done()
      }
      moved()
      void ended.then(({ code }) => fail(new Error(`ended with ${code}:\n${stdout}${stderr}`)))
    })
  return { child, ended, saying }
}

/** Each line must be an event of version 1, with its time; anything else fails the test. */
function stampedIn(stdout: string): StampedEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const stamped = JSON.parse(line) as StampedEvent
      const { v, at, event } = stamped
      const isEvent = v === 1 && !Number.isNaN(Date.parse(at)) && typeof event.type === 'string'
      if (!isEvent) throw new Error(`not an event: ${line}`)
      return stamped
    })
}

/** A folder for `PATH` that has ssh and git in it, and no Docker. */
export async function pathWithoutDocker(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'belay-e2e-bin-'))
  for (const name of ['ssh', 'git']) {
    symlinkSync((await must(['which', name])).trim(), join(folder, name))
  }
  return folder
}

export type Json = { readonly [key: string]: unknown }

/** A user's folder: a compose file, a `belay.yaml`, and what else they have. */
export class App {
  readonly name: string
  readonly folder: string
  readonly #env: Env

  constructor(lab: Pick<Lab, 'env'>, name = 'shop') {
    this.name = name
    this.folder = mkdtempSync(join(tmpdir(), `belay-e2e-${name}-`))
    this.#env = lab.env
  }

  write(path: string, content: string | Buffer, mode = 0o644): this {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content, { mode })
    return this
  }

  compose(file: string | Json): this {
    return this.write('compose.yaml', textOf(file))
  }

  config(file: string | Json): this {
    return this.write('belay.yaml', textOf(file))
  }

  configText(): string {
    return readFileSync(join(this.folder, 'belay.yaml'), 'utf8')
  }

  start(argv: readonly string[], env: Env = {}): Running {
    return start(argv, { cwd: this.folder, env: { ...this.#env, ...env } })
  }

  belay(...argv: readonly string[]): Promise<Ran> {
    return this.start(argv).ended
  }

  with(env: Env, ...argv: readonly string[]): Promise<Ran> {
    return this.start(argv, env).ended
  }

  /** A commit of all that is there: only what git knows is shipped with a release. */
  async commit(message = 'a change'): Promise<this> {
    const git = [
      'git',
      '-C',
      this.folder,
      '-c',
      'user.name=Ann',
      '-c',
      'user.email=ann@example.com',
    ]
    await must(['git', '-C', this.folder, 'init', '--quiet'])
    await must(['git', '-C', this.folder, 'add', '--all'])
    await must([...git, 'commit', '--quiet', '--no-gpg-sign', '--message', message])
    return this
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A line for each key at the top; below, JSON is YAML too, and needs no indenting. */
function textOf(file: string | Json): string {
  if (typeof file === 'string') return file
  const lines = Object.entries(file).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  return lines.join('')
}

/** A web server of busybox, which says `text`: it starts at once. */
export function page(text: string, over: Json = {}): Json {
  const script = 'mkdir -p /w; echo "$$TEXT" >/w/index.html; echo "says $$TEXT"'
  return {
    image: 'busybox:stable',
    command: ['sh', '-c', `${script}; exec httpd -f -p 8000 -h /w`],
    environment: { TEXT: text },
    stop_signal: 'SIGKILL',
    ...over,
  }
}

/** One that answers no page at all. */
export const deaf = (text: string, over: Json = {}): Json =>
  page(text, { command: ['sh', '-c', 'echo deaf; exec sleep 600'], ...over })

const PATIENCE = { 'start-timeout': '5s', drain: '2s' }

/** `belay.yaml` for a page. */
export function pageConfig(app: string, over: Json = {}, web: Json = {}): Json {
  const routes = [{ domain: '*', port: 8000 }]
  const services = { web: { routes, health: '/', ...PATIENCE, ...web } }
  return { app, hosts: ['lab1'], services, ...over }
}

/** An app of one page, deployed once for each text it is given. */
export function pageApp(lab: Pick<Lab, 'env'>, name = 'shop'): App {
  return new App(lab, name).compose({ services: { web: page('one') } }).config(pageConfig(name))
}

/** What a visitor reads; undefined when there is no answer. */
export async function visit(
  server: Server,
  host = 'shop.example.com',
): Promise<string | undefined> {
  const answer = await get(server.httpPort, '/', { headers: { host } })
  return answer === undefined ? undefined : `${answer.status} ${answer.body.trim()}`
}

export function finished(ran: Ran): Extract<Event, { type: 'run-finished' }> | undefined {
  const last = ran.events.at(-1)
  return last?.type === 'run-finished' ? last : undefined
}

/** The codes of what failed, in the order it was told. */
export function failures(ran: Ran): readonly string[] {
  return ran.events.flatMap((event) => (event.type === 'failed' ? [event.code] : []))
}
