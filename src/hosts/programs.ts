import { PassThrough, Transform } from 'node:stream'
import { createGzip } from 'node:zlib'
import { Failure } from '../base/failure.ts'
import { buildOnHost } from './building/build-on-host.ts'
import { commandFailed, hostSaveFailed, imageLoadFailed, imagePullFailed } from './failures.ts'
import type { HostBuild, OnProgress, RunResult } from './host.ts'
import type { Link, Pipe } from './links/link.ts'
import type { Ended } from './process.ts'
import type { Site } from './shipping/host-layers.ts'

const RUN_MS = 10 * 60_000
const PULL_MS = 30 * 60_000
const LOAD_MS = 60 * 60_000
const EVIDENCE_LINES = 10
/** What ssh itself ends with when it could not carry the program. */
const SSH_ITSELF = 255

/** Programs run on a host beside the kit's session. */
export class Programs {
  readonly #name: string
  readonly #link: Link
  readonly #isFar: boolean
  #isRoot = false
  #needsSudo: Promise<boolean> | undefined

  constructor({ name, link, isFar }: { name: string; link: Link; isFar: boolean }) {
    this.#name = name
    this.#link = link
    this.#isFar = isFar
  }

  /** Who runs them: root needs no one's leave to use Docker. */
  meet(user: string): void {
    this.#isRoot = user === 'root'
  }

  async attach(argv: readonly string[], options: { readonly tty: boolean }): Promise<number> {
    return this.#link.attach(await this.#allowed(argv), options)
  }

  async pipe(argv: readonly string[]): Promise<Pipe> {
    return this.#link.pipe(await this.#allowed(argv))
  }

  async run(argv: readonly string[], input?: Uint8Array): Promise<RunResult> {
    const ended = await this.#link.run(await this.#allowed(argv), {
      timeoutMs: RUN_MS,
      ...(input === undefined ? {} : { input }),
    })
    const { code, stdout, stderr } = ended
    if (ended.how === 'exit' && !(this.#isFar && code === SSH_ITSELF)) {
      return { code, stdout, stderr }
    }
    const command = argv.slice(0, 2).join(' ')
    const reason = whyNot(ended, RUN_MS)
    throw commandFailed({ host: this.#name, command, reason }, { evidence: evidenceOf(ended) })
  }

  async pullImage(reference: string, onProgress?: OnProgress): Promise<void> {
    const ended = await this.#link.run(await this.#allowed(['docker', 'pull', reference]), {
      timeoutMs: PULL_MS,
      ...(onProgress === undefined ? {} : { onLine: onProgress }),
    })
    if (ended.code === 0) return
    throw imagePullFailed({ host: this.#name, image: reference }, { evidence: evidenceOf(ended) })
  }

  /** Compressed on the way where bytes are dear: Docker takes both. */
  async loadImage(archive: NodeJS.ReadableStream, onProgress?: OnProgress): Promise<void> {
    const load = await this.#allowed(['docker', 'load', '-q'])
    let broken: Error | undefined
    archive.once('error', (error: Error) => {
      broken = error
    })
    const counted = archive.pipe(counting(onProgress))
    archive.once('error', (error: Error) => counted.destroy(error))
    const input = this.#isFar ? counted.pipe(createGzip({ level: 1 })) : counted
    counted.once('error', (error) => {
      if ('destroy' in input) input.destroy(error)
    })
    const ended = await this.#link.run(load, { input, timeoutMs: LOAD_MS })
    if (broken instanceof Failure) throw broken
    if (broken === undefined && ended.code === 0) return
    const reason = broken?.message ?? whyNot(ended, LOAD_MS)
    throw imageLoadFailed({ host: this.#name, reason }, { evidence: evidenceOf(ended) })
  }

  /** For what is done there with more than one program. */
  async site(folder: string): Promise<Site> {
    const docker = await this.#allowed(['docker'])
    return { host: this.#name, link: this.#link, docker, folder }
  }

  async buildImages(build: HostBuild): Promise<void> {
    const docker = await this.#allowed(['docker'])
    await buildOnHost({ host: this.#name, link: this.#link, docker }, build)
  }

  /** Fails as a stream does: by its `error`, which is then an expected failure. */
  async saveImages(images: readonly string[]): Promise<NodeJS.ReadableStream> {
    const { stream, ended } = await this.pipe(['docker', 'save', '--', ...images])
    const archive = new PassThrough()
    stream.pipe(archive, { end: false })
    archive.once('close', () => stream.destroy())
    // The program may be gone long before all that it printed has been taken.
    const taken = new Promise((resolve) => stream.once('end', resolve))
    void Promise.all([ended, taken]).then(([{ code, stderr }]) => {
      if (code === 0) return archive.end()
      const evidence = stderr.trim().split('\n').slice(-EVIDENCE_LINES)
      return archive.destroy(hostSaveFailed({ host: this.#name, images }, { evidence }))
    })
    return archive
  }

  /** As the kit does: where Docker's socket is denied, by sudo, as long as that asks nothing. */
  async #allowed(argv: readonly string[]): Promise<readonly string[]> {
    if (argv[0] !== 'docker' || this.#isRoot) return argv
    this.#needsSudo ??= this.#isDenied()
    return (await this.#needsSudo) ? ['sudo', '-n', ...argv] : argv
  }

  async #isDenied(): Promise<boolean> {
    const { stderr } = await this.#link.run(['docker', 'version'], { timeoutMs: 30_000 })
    return /permission denied/i.test(stderr)
  }
}

/** Says how much went through, at most once a second. */
function counting(onProgress: OnProgress | undefined): Transform {
  let bytes = 0
  let toldAt = performance.now()
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (performance.now() - toldAt > 1000) {
        toldAt = performance.now()
        onProgress?.(`${Math.round(bytes / 1_000_000)} MB sent`)
      }
      done(null, chunk)
    },
  })
}

function whyNot({ how, code, stderr }: Ended, limitMs: number): string {
  if (how === 'timeout') return `it took longer than ${limitMs / 60_000} minutes`
  if (how === 'too-much') return 'it printed too much'
  const last = stderr.trim().split('\n').at(-1) ?? ''
  return last === '' ? `it ended with code ${code}` : last
}

function evidenceOf({ stdout, stderr }: Ended): readonly string[] {
  const text = stderr.trim() === '' ? stdout : stderr
  return text.trim().split('\n').slice(-EVIDENCE_LINES)
}
