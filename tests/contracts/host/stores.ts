import type { Host } from '../../../src/hosts/host.ts'
import type { BackupProof, BackupWay, RestoreWay } from '../../../src/plan/backup.ts'
import type { Instruction } from '../../../src/plan/instruction.ts'
import { releaseOf } from '../../support/releases.ts'
import { type Bench, file } from './bench.ts'

export type Of<Do extends Instruction['do']> = Extract<Instruction, { do: Do }>

/** How one kind of data is copied, and put back. */
interface Ways {
  readonly back: BackupWay
  readonly forth: RestoreWay
  readonly proof: BackupProof
}

const ENDS: BackupProof = { kind: 'ends', text: '-- the end' }
const DUMP = 'cat /data/word; echo "-- the end"'

/** Both refuse what has `poison` in it, as a database refuses a bad dump. */
const KEEPS = "cat >/data/new; ! grep -q poison /data/new && sed '$d' /data/new >/data/word"
const LOSES = "sed '$d' >/data/word; ! grep -q poison /data/word"

/** Every way in which the kit copies data and puts it back. */
export const STORES = {
  'a script that keeps what is there': () => ({
    back: { way: 'script', script: DUMP },
    forth: { way: 'script', script: KEEPS, keepsOld: true },
    proof: ENDS,
  }),
  'a script that loses what is there': () => ({
    back: { way: 'script', script: DUMP },
    forth: { way: 'script', script: LOSES, keepsOld: false },
    proof: ENDS,
  }),
  'a volume': (volume: string) => ({
    back: { way: 'volume', volume, pause: false },
    forth: { way: 'volume', volume },
    proof: { kind: 'tar' },
  }),
  'a database file': () => ({
    back: { way: 'file', path: '/data/word' },
    forth: { way: 'file', path: '/data/word' },
    proof: { kind: 'tar' },
  }),
} as const satisfies Record<string, (volume: string) => Ways>

/** What every word begins with, so that it passes for a database file. */
export const MAGIC = 'SQLite format 3'

/** A container with data in a volume, and one beside it that is to stop while that is put back. */
export class Store {
  readonly host: Host
  readonly container: string
  readonly writer: string
  readonly #bench: Bench
  readonly #ways: Ways

  private constructor(bench: Bench, host: Host, ways: Ways) {
    this.#bench = bench
    this.host = host
    this.#ways = ways
    this.container = `${bench.named('r1')}-web-1`
    this.writer = `${bench.named('r1')}-writer-1`
  }

  static async ready(bench: Bench, kind: keyof typeof STORES): Promise<Store> {
    const host = await bench.leased()
    const volume = bench.named('data')
    const { app, environment } = bench.at.scope
    const project = bench.named('r1')
    const release = releaseOf('r1', { app, environment, project, baseProject: app, services: [] })
    const service = {
      image: bench.at.image,
      command: ['sleep', '600'],
      stop_grace_period: '0s',
      network_mode: 'none',
      restart: 'no',
      labels: { 'belay.app': app, 'belay.environment': environment, 'belay.release': 'r1' },
    }
    const mount = { type: 'volume', source: 'data', target: '/data' }
    const text = JSON.stringify({
      services: { web: { ...service, volumes: [mount] }, writer: service },
      volumes: { data: { name: volume, external: true } },
    })
    const files = [file('release.json', JSON.stringify(release)), file('compose.json', text)]
    const up: Instruction = {
      do: 'up',
      project,
      file: 'releases/r1/compose.json',
      slot: 'a',
      services: ['web', 'writer'],
      scale: {},
    }
    const made: Instruction = { do: 'volume', name: volume, key: 'data', project: app }
    const store = new Store(bench, host, STORES[kind](volume))
    await host.act(bench.action([made, up], { stage: { release: 'r1', files } }))
    return store
  }

  act(...instructions: readonly Instruction[]): Promise<void> {
    return this.host.act(this.#bench.action(instructions))
  }

  /** The same, with what was told on the way. */
  async told(...instructions: readonly Instruction[]): Promise<readonly string[]> {
    const told: string[] = []
    const onProgress = (text: string) => void told.push(text)
    await this.host.act(this.#bench.action(instructions, { onProgress }))
    return told
  }

  write(word: string): Promise<void> {
    return this.#bench.at.write(this.container, `${MAGIC} ${word}`)
  }

  async read(): Promise<string> {
    return (await this.#bench.at.word(this.container)).replace(`${MAGIC} `, '').trim()
  }

  async running(): Promise<readonly string[]> {
    const { containers } = await this.host.observe()
    const own = containers.filter(({ name, state }) => {
      return state === 'running' && [this.container, this.writer].includes(name)
    })
    return own.map(({ name }) => name).sort()
  }

  get all(): readonly string[] {
    return [this.container, this.writer].sort()
  }

  backUp(backup: string): Of<'back-up'> {
    const { app, environment } = this.#bench.at.scope
    const what = { name: 'db', kind: 'postgres', title: 'the data', app, environment } as const
    return {
      do: 'back-up',
      backup,
      ending: 'gz',
      container: this.container,
      how: this.#ways.back,
      proof: this.#ways.proof,
      neededBytes: 1,
      about: { ...what, run: 'run-1', purpose: 'by-hand' },
    }
  }

  restore(backup: string, over: Partial<Of<'restore-backup'>> = {}): Of<'restore-backup'> {
    const run = { safety: null, after: 'go-on', check: null, stop: [this.writer] } as const
    return { do: 'restore-backup', backup, ...run, ...this.#place(), ...over }
  }

  undo(safety: string, over: Partial<Of<'undo-restore'>> = {}): Of<'undo-restore'> {
    const start = [this.writer]
    return { do: 'undo-restore', safety, start, stop: [], ...this.#place(), ...over }
  }

  #place() {
    const { forth: how, proof } = this.#ways
    return { container: this.container, how, proof, graceSeconds: 0 }
  }
}
