import { type Agent, type RequestOptions } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpAnswer, HttpQuestion, RunResult } from '../host.ts'
import type { Link, Pipe, Target, Way } from '../links/link.ts'
import { readProbe, UPSTREAM_HEADER } from '../proxies/probe.ts'
import type { FrontDoor } from '../wire/door.ts'
import { lacksCertificate } from './certificate.ts'
import { findPort } from './container-port.ts'
import { type Answered, exchange, type Failed, type Over } from './exchange.ts'
import { WarmAgent } from './warm-agent.ts'

const CADDY = 'belay-proxy-caddy-1'
const PROBE_PORT = 2020

/** A session that is taken up again would not have its certificate looked at. */
const TLS_AGENT = { keepAlive: true, maxSockets: 8, maxCachedSessions: 0 }

/** For a host's own ports where sshd forwards nothing: whatever speaks TCP there. */
const SPEAK_TCP =
  'command -v nc >/dev/null 2>&1 && exec nc "$1" "$2"; ' +
  'exec bash -c "exec 3<>/dev/tcp/$1/$2 && { cat <&3 & cat >&3; }"'

type NotAsked = Extract<HttpAnswer, { kind: 'not-asked' }>

/** Programs of the host. */
export interface AskingPrograms {
  /** For where nothing is forwarded. */
  readonly pipe: Link['pipe']
  readonly run: (argv: readonly string[]) => Promise<RunResult>
}

/** Asks HTTP questions on a host: over forwarded connections, or through a program there. */
export class Asker {
  readonly #link: Link
  readonly #programs: AskingPrograms
  #door: FrontDoor | undefined
  #agent = new WarmAgent()
  #tlsAgent = new TlsAgent({ ...TLS_AGENT, rejectUnauthorized: false })
  #root: string | undefined
  /** Targets that cannot be forwarded to. */
  readonly #forbidden = new Set<string>()

  constructor(link: Link, programs: AskingPrograms) {
    this.#link = link
    this.#programs = programs
  }

  /** Knows from now on where the proxy is. */
  meet(stateRoot: string, door: FrontDoor | undefined): void {
    this.#root = stateRoot
    this.#door = door
  }

  get knowsDoor(): boolean {
    return this.#door !== undefined
  }

  /** Makes connections ready, so that the first question need not wait for them. */
  warmUp(): void {
    if (this.#door === undefined) return
    const door: Target = { kind: 'port', port: this.#door.httpPort }
    for (const target of [this.#probe(), door]) void this.#warm(target).catch(() => undefined)
  }

  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    const { through } = question
    if (through.kind !== 'container') return this.#ask(question)
    const found = await findPort((argv) => this.#programs.run(argv), through)
    return found.kind === 'port' ? this.#ask({ ...question, through: found }) : found
  }

  async #ask(question: HttpQuestion): Promise<HttpAnswer> {
    const target = this.#targetOf(question)
    if (target === undefined) return notAsked('refused', 'the proxy does not run')
    if (!this.#forbidden.has(keyOf(target))) {
      const answer = await this.#direct(question, target)
      if (answer !== 'forbidden') return answer
      this.#forbidden.add(keyOf(target))
    }
    return this.#piped(question, await this.#programs.pipe(pipeArgv(question)))
  }

  /** Connections are made anew with the link. */
  close(): void {
    this.#agent.destroy()
    this.#tlsAgent.destroy()
  }

  async #warm(target: Target): Promise<void> {
    const way = await this.#link.wayTo(target)
    if (!way.isForward) return
    this.#agent.warm(way.path, () => {
      // What ssh says about it must not be taken for the reason of a later failure.
      void this.#link.whyClosed(target).then((why) => {
        if (why === 'forbidden') this.#forbidden.add(keyOf(target))
      })
    })
  }

  #probe(): Target {
    if (this.#root === undefined) throw new Error('the host was not connected yet')
    return { kind: 'socket', path: `${this.#root}/proxy/run/probe.sock` }
  }

  #targetOf({ through }: HttpQuestion): Target | undefined {
    if (through.kind === 'slot') return this.#probe()
    if (through.kind === 'port') return through
    if (through.kind === 'container') throw new Error('it was not looked for where that is')
    if (this.#door === undefined) return undefined
    return { kind: 'port', port: through.tls ? this.#door.httpsPort : this.#door.httpPort }
  }

  async #direct(question: HttpQuestion, target: Target): Promise<HttpAnswer | 'forbidden'> {
    const way = await this.#link.wayTo(target).catch(() => undefined)
    if (way === undefined) return 'forbidden'
    const options = { ...this.#optionsFor(question), ...whereTo(way) }
    for (let tries = 0; ; tries++) {
      const end = await exchange(question, options)
      if (end.kind === 'answered') return read(question, end)
      if (end.isStale && !end.hasBegun && !end.isLate && tries < 3) continue
      return this.#whyNot({ question, target, way, end })
    }
  }

  #optionsFor(question: HttpQuestion): Over {
    const isTls = isTlsOf(question)
    // Only what may be asked twice may go over a connection that could be closing.
    const mayRepeat =
      ['GET', 'HEAD', 'OPTIONS'].includes(question.method) && question.socket === undefined
    const agent: Agent = isTls ? this.#tlsAgent : this.#agent
    return {
      isTls,
      agent: mayRepeat ? agent : false,
      headers: slotHeaders(question),
      ...(isTls ? tlsOptions(question) : {}),
    }
  }

  async #whyNot(at: Attempt): Promise<HttpAnswer | 'forbidden'> {
    const { question, target, way, end } = at
    if (end.isLate) return tooLate(question)
    if (end.hasBegun) return notAsked('broken', end.error.message)
    if (lacksCertificate(end.error)) return uncertified(question)
    const { code = '' } = end.error
    if (['ECONNREFUSED', 'ENOENT'].includes(code)) {
      if (way.isForward) return notAsked('no-way', 'the connection to the host is gone')
      return nobodyThere(question)
    }
    if (way.isForward && ['ECONNRESET', 'EPIPE'].includes(code)) {
      const why = await this.#link.whyClosed(target)
      if (why === 'forbidden') return 'forbidden'
      if (why === 'refused') return nobodyThere(question)
    }
    return notAsked('broken', end.error.message)
  }

  /** One exchange through a program on the host, made for it alone. */
  async #piped(question: HttpQuestion, { stream, ended }: Pipe): Promise<HttpAnswer> {
    const isTls = isTlsOf(question)
    const end = await exchange(question, {
      isTls: false,
      headers: { ...slotHeaders(question), connection: 'close' },
      createConnection: () =>
        isTls ? connectTls({ socket: stream, ...tlsOptions(question) }) : stream,
    })
    stream.destroy()
    if (end.kind === 'answered') return read(question, end)
    if (end.isLate) return tooLate(question)
    if (lacksCertificate(end.error)) return uncertified(question)
    const { code, stderr } = (await Promise.race([ended, sleep(2000)])) ?? { code: 255, stderr: '' }
    const said = stderr.trim().split('\n').at(-1) ?? ''
    if (/refused/i.test(said)) return nobodyThere(question)
    if (code === 126 || code === 127 || /No such container|is not running/.test(said)) {
      return notAsked('no-way', said === '' ? 'the host has no way to ask' : said)
    }
    return notAsked('broken', said === '' ? end.error.message : said)
  }
}

interface Attempt {
  readonly question: HttpQuestion
  readonly target: Target
  readonly way: Way
  readonly end: Failed
}

function keyOf(target: Target): string {
  return target.kind === 'socket' ? target.path : `${target.address ?? ''}:${target.port}`
}

function whereTo(way: Way): Pick<RequestOptions, 'socketPath' | 'host' | 'port'> {
  return 'path' in way ? { socketPath: way.path } : { host: way.host, port: way.port }
}

function isTlsOf({ through }: HttpQuestion): boolean {
  return (through.kind === 'front-door' || through.kind === 'port') && through.tls === true
}

/** The certificate is looked at with the answer, so that it can be told what is wrong with it. */
function tlsOptions({ host }: HttpQuestion): { servername: string; rejectUnauthorized: false } {
  return { servername: host.replace(/:\d+$/, ''), rejectUnauthorized: false }
}

function slotHeaders({ through }: HttpQuestion): Record<string, string> {
  return through.kind === 'slot' ? { [UPSTREAM_HEADER]: through.upstream } : {}
}

function read({ through }: HttpQuestion, answer: Answered): HttpAnswer {
  return through.kind === 'slot' ? readProbe(answer) : answer
}

function pipeArgv({ through }: HttpQuestion): readonly string[] {
  if (through.kind === 'port') {
    const { address = '127.0.0.1', port } = through
    return ['sh', '-c', SPEAK_TCP, 'sh', address, String(port)]
  }
  const port = through.kind !== 'front-door' ? PROBE_PORT : through.tls ? 443 : 80
  return ['docker', 'exec', '-i', CADDY, 'nc', '127.0.0.1', String(port)]
}

function uncertified({ host }: HttpQuestion): NotAsked {
  return notAsked('no-certificate', `there is no certificate for ${host}`)
}

function tooLate({ timeoutMs }: HttpQuestion): NotAsked {
  return notAsked('timeout', `no answer within ${timeoutMs} ms`)
}

/** A slot is asked through the proxy: when that is not there, the slot was not asked at all. */
function nobodyThere({ through }: HttpQuestion): NotAsked {
  return through.kind === 'slot'
    ? notAsked('no-way', 'the proxy does not answer')
    : notAsked('refused', 'nothing listens there')
}

function notAsked(why: NotAsked['why'], reason: string): NotAsked {
  return { kind: 'not-asked', why, reason }
}
