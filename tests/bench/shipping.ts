import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, must } from '../lab/command.ts'
import { DelayProxy } from '../lab/delay.ts'
import { LabRegistry } from '../lab/registry.ts'
import { mustRun, type Ran } from './belay.ts'
import { configThrough } from './far.ts'
import { type Figure, inSeconds, median } from './figures.ts'
import { App, type Stand } from './stand.ts'

const MB = 1_000_000
const LOGIN = { username: 'bench', password: randomBytes(8).toString('hex') }
const LIVE = 'belay-lab/bench:live'
const BASE = 'belay-lab/bench:base'

/** An image of 300 MB whose top layer of 1 MB changes: sent by Belay, and through a registry. */
export async function measureShipping(stand: Stand): Promise<readonly Figure[]> {
  const registry = await LabRegistry.real(stand.lab, LOGIN)
  try {
    return await new Shipping(stand, registry.server).measure()
  } finally {
    await registry.close()
    await command(['docker', 'rmi', '-f', LIVE, BASE])
  }
}

class Shipping {
  readonly #stand: Stand
  readonly #registry: string
  readonly #folder: string
  /** Of its own: a socket's path may be no longer than some hundred characters. */
  readonly #socketFolder = mkdtempSync(join(tmpdir(), 'belay-bench-'))
  readonly #app: App

  constructor(stand: Stand, registry: string) {
    this.#stand = stand
    this.#registry = registry
    this.#folder = join(stand.folder, 'shipping')
    mkdirSync(this.#folder, { recursive: true })
    const web = { image: LIVE, init: true, command: ['sleep', '3600'] }
    this.#app = new App(stand, 'shipped')
      .write('compose.yaml', { services: { web } })
      .write('belay.yaml', {
        app: 'shipped',
        compose: 'compose.yaml',
        proxy: 'none',
        environments: { production: { hosts: [stand.server.sshHost] } },
      })
  }

  async measure(): Promise<readonly Figure[]> {
    try {
      return await this.#measure()
    } finally {
      await command(this.#ssh('-O', 'exit'))
      rmSync(this.#socketFolder, { recursive: true })
    }
  }

  async #measure(): Promise<readonly Figure[]> {
    await this.#prepare()
    const [ours, theirs, ratios]: [number[], number[], number[]] = [[], [], []]
    // The first of each is not counted: all of the image is sent.
    for (let run = 0; run <= this.#stand.runs; run++) {
      const through = await this.#throughRegistry(run)
      await this.#change(LIVE)
      const sent = shippingTime(await mustRun(this.#app.at, ['deploy', '--yes']))
      this.#stand.say(`run ${run}: push and pull ${inSeconds(through)}, Belay ${inSeconds(sent)}`)
      if (run === 0) continue
      theirs.push(through)
      ours.push(sent)
      ratios.push(sent / through)
    }
    return [timeFigure({ ours, theirs, ratios }), wireFigure(await this.#wire())]
  }

  async #prepare(): Promise<void> {
    // Half of it gets smaller when it is compressed, as programs do.
    const big = Buffer.concat([randomBytes(110 * MB), Buffer.alloc(110 * MB, 'belay')])
    writeFileSync(join(this.#folder, 'big'), big)
    await this.#build(BASE, 'FROM debian:trixie-slim\nCOPY big /opt/big\n')
    await this.#app.commit()
    const login = ['login', '-u', LOGIN.username, '--password-stdin', this.#registry]
    const input = LOGIN.password
    await must(['docker', '--config', this.#folder, ...login], { input })
    await this.#stand.server.run(['docker', '--config', '/root/.bench', ...login], { input })
  }

  async #change(tag: string): Promise<void> {
    writeFileSync(join(this.#folder, 'top'), randomBytes(MB))
    await this.#build(tag, `FROM ${BASE}\nCOPY top /opt/top\n`)
  }

  async #build(tag: string, recipe: string): Promise<void> {
    writeFileSync(join(this.#folder, 'Dockerfile'), recipe)
    await must(['docker', 'build', '-q', '-t', tag, this.#folder], { timeoutMs: 120_000 })
  }

  /** What Docker takes for the same, in milliseconds; the connection to the server is open, as ours is. */
  async #throughRegistry(run: number): Promise<number> {
    const tag = `${this.#registry}/bench/app:${run}`
    await this.#change(tag)
    await this.#overSsh('true')
    const begun = performance.now()
    await must(['docker', '--config', this.#folder, 'push', '-q', tag], { timeoutMs: 120_000 })
    await this.#overSsh(`docker --config /root/.bench pull -q ${tag}`)
    const took = performance.now() - begun
    await must(['docker', 'rmi', tag])
    return took
  }

  async #overSsh(script: string): Promise<void> {
    await must([...this.#ssh(), script], { timeoutMs: 120_000 })
  }

  #ssh(...words: readonly string[]): string[] {
    const { lab, server } = this.#stand
    const path = `ControlPath=${this.#socketFolder}/%C`
    const kept = ['ControlMaster=auto', 'ControlPersist=60', path]
    const options = kept.flatMap((option) => ['-o', option])
    return ['ssh', ...options, ...words, '-F', lab.sshConfig, server.sshHost]
  }

  /** What goes to the server in one whole deployment, in bytes: SSH and all. */
  async #wire(): Promise<number> {
    const proxy = new DelayProxy({ port: this.#stand.server.port })
    try {
      const config = configThrough(this.#stand, await proxy.listen())
      await this.#change(LIVE)
      await mustRun(this.#app.by(config), ['deploy', '--yes'])
      return proxy.sent
    } finally {
      await proxy.close()
    }
  }
}

/** The phase as a whole: what is asked, what is taken out of Docker, sent and taken in. */
function shippingTime({ moments }: Ran): number {
  for (const { event } of moments) {
    if (event.type === 'phase-finished' && event.phase === 'ship') return event.durationMs
  }
  throw new Error('nothing was shipped')
}

function timeFigure(of: { ours: number[]; theirs: number[]; ratios: number[] }): Figure {
  const ratio = median(of.ratios)
  const [least, most] = [Math.min(...of.ratios), Math.max(...of.ratios)]
  return {
    what: '1 MB changed in an image of 300 MB, without a registry, against push and pull',
    target: '≤ 1.20 ×',
    measured:
      `${ratio.toFixed(2)} × (${least.toFixed(2)}–${most.toFixed(2)}): ` +
      `${inSeconds(median(of.ours))} s against ${inSeconds(median(of.theirs))} s`,
    isReached: ratio <= 1.2,
    meaning:
      'The phase `ship` of a deployment, divided by `docker push` here and `docker pull` there of the ' +
      'same change through a registry on this machine; both over an SSH connection that is open already.',
  }
}

function wireFigure(bytes: number): Figure {
  return {
    what: 'the same, over the wire',
    target: '≤ 3 MB',
    measured: `${(bytes / MB).toFixed(2)} MB`,
    isReached: bytes <= 3 * MB,
    meaning: 'All that goes to the server in the whole deployment, SSH included.',
  }
}
