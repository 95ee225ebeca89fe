import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { proxyProject } from '../../../src/hosts/proxies/caddy.ts'
import { siteConfig } from '../../../src/hosts/proxies/caddy-site.ts'
import type { Site } from '../../../src/hosts/proxies/proxy.ts'
import { must } from '../../lab/command.ts'

const IMAGE = 'caddy:2.11.4'
const APP_IMAGE = 'node:20-slim'
const RELOAD = ['caddy', 'reload', '--config', '/belay/Caddyfile', '--adapter', 'caddyfile']
const VALIDATE = ['caddy', 'validate', '--config', '/belay/Caddyfile', '--adapter', 'caddyfile']

/**
 * The generated proxy, brought up by the machine's own Docker under names of its own, and apps in
 * containers behind it. What the kit does on a server is done here by hand, in a line each.
 */
export class Stand {
  readonly root: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly #id: string
  readonly #apps = new Set<string>()

  private constructor(root: string, id: string, ports: readonly [number, number]) {
    this.root = root
    this.#id = id
    this.httpPort = ports[0]
    this.httpsPort = ports[1]
  }

  static async up(sites: readonly Site[]): Promise<Stand> {
    const root = await mkdtemp(join(tmpdir(), 'belay-proxy-'))
    const id = `belay-proxy-test-${randomBytes(3).toString('hex')}`
    const stand = new Stand(root, id, [await freePort(), await freePort()])
    for (const folder of ['sites', 'run', 'route']) {
      await mkdir(join(stand.folder, folder), { recursive: true })
    }
    await stand.#writeProject()
    for (const site of sites) await stand.writeSite(site)
    await stand.#compose('up', '-d')
    await stand.#listening()
    return stand
  }

  get folder(): string {
    return join(this.root, 'proxy')
  }

  get probeSocket(): string {
    return join(this.folder, 'run', 'probe.sock')
  }

  get caddy(): string {
    return `${this.#id}-caddy-1`
  }

  async down(): Promise<void> {
    if (this.#apps.size > 0) await must(['docker', 'rm', '-f', '-v', ...this.#apps])
    await this.#compose('down', '-v', '--timeout', '1')
    await rm(this.root, { recursive: true, force: true })
  }

  async writeSite(site: Site): Promise<void> {
    for (const { routeKey } of site.routes) {
      await mkdir(join(this.folder, 'route', routeKey), { recursive: true })
    }
    const file = join(this.folder, 'sites', `${site.key}.caddy`)
    await writeFile(`${file}.new`, siteConfig(site))
    await rename(`${file}.new`, file)
  }

  /** The one rename that moves traffic. */
  async moveTo(routeKey: string, token: string): Promise<void> {
    const folder = join(this.folder, 'route', routeKey)
    const [before] = await readdir(folder)
    if (before === undefined) await writeFile(join(folder, token), '')
    else await rename(join(folder, before), join(folder, token))
  }

  /** Starts an app that answers under an alias; resolves when the container runs. */
  async startApp(alias: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `${this.#id}-${alias}`
    this.#apps.add(name)
    const script = resolve('tests/e2e/proxy/upstream.mjs')
    const variables = Object.entries({ NAME: alias, ...env }).flatMap(([key, value]) => [
      '-e',
      `${key}=${value}`,
    ])
    const network = ['--network', this.#id, '--network-alias', alias]
    const program = ['-v', `${script}:/upstream.mjs:ro`, APP_IMAGE, 'node', '/upstream.mjs']
    await must(['docker', 'run', '-d', '--name', name, ...network, ...variables, ...program])
    return name
  }

  validate(): Promise<string> {
    return must(['docker', 'exec', this.caddy, ...VALIDATE])
  }

  reload(): Promise<string> {
    return must(['docker', 'exec', this.caddy, ...RELOAD])
  }

  /** As when the machine loses power: the socket's file stays behind. */
  async killCaddy(): Promise<void> {
    await must(['docker', 'kill', this.caddy])
    await must(['docker', 'start', this.caddy])
    await this.#listening()
  }

  /** The project as generated; only what a real proxy on this machine has too is changed. */
  async #writeProject(): Promise<void> {
    const ports = { httpPort: this.httpPort, httpsPort: this.httpsPort }
    for (const file of proxyProject({ image: IMAGE, ...ports })) {
      const text = Buffer.from(file.content).toString().replaceAll('"belay-proxy', `"${this.#id}`)
      const own = text
        .replace('"name": "belay"', `"name": "${this.#id}"`)
        .replaceAll('"mode": "host"', '"mode": "host", "host_ip": "127.0.0.1"')
      await writeFile(join(this.folder, file.path), own, { mode: file.mode })
    }
    await writeFile(join(this.root, 'kit.sh'), KIT)
  }

  #compose(...argv: readonly string[]): Promise<string> {
    const file = join(this.folder, 'compose.json')
    return must(['docker', 'compose', '-f', file, ...argv], {
      env: {
        BELAY_ROOT: this.root,
        BELAY_PROXY: this.folder,
        BELAY_KIT: join(this.root, 'kit.sh'),
      },
      timeoutMs: 120_000,
    })
  }

  async #listening(): Promise<void> {
    const ask = 'wget -qO /dev/null http://127.0.0.1:2020/reverse_proxy/upstreams'
    const loop = `i=0; until ${ask}; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done`
    await must(['docker', 'exec', this.caddy, 'sh', '-c', loop])
  }
}

/** Stands in for the kit: the watchdog's container must run it, and let it rename files. */
const KIT = `[ "$1" = watch-all ] || exit 64
folder=\${0%/*}
while :; do
  date >"$folder/seen.new" && mv "$folder/seen.new" "$folder/seen"
  sleep 1
done
`

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => done(port))
    })
  })
}
