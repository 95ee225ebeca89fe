import type { Action, JournalNote, LeaseRequest, OnProgress } from '../../../src/hosts/host.ts'
import type { Arming, Instruction } from '../../../src/plan/instruction.ts'
import type { Lease } from '../../../src/plan/observed.ts'
import type { Flaw } from './flaws.ts'
import { carryOut } from './instructions.ts'
import { CODE, type Deciding, type KitState, type Recorded, Refusal } from './kit-state.ts'
import { ToyFailure } from './simulated-docker.ts'
import type { SimulatedServer } from './simulated-server.ts'

/** Forward lists begin with these: a commit is not told before they are done. */
const DONE_BY_DECIDING: readonly Instruction['do'][] = ['policy', 'current', 'mark']

/** After one of the latter failed none of the former is carried out in a list. */
const STARTING: readonly Instruction['do'][] = ['start', 'relay', 'task']
const STOPPING: readonly Instruction['do'][] = [
  'stop',
  'restore',
  'undo-restore',
  'end-task',
  'task',
]

/** Who gave an action: nobody where it is of a list that was decided. */
interface By {
  readonly epoch?: number
  readonly tell?: OnProgress | undefined
}

/** None of these is carried out in a list after a route that failed. */
const ENDING: readonly Instruction['do'][] = ['stop', 'remove', 'remove-project']

function movesTraffic({ instructions }: Action): boolean {
  return instructions.some((it) => it.do === 'route')
}

/** The verbs of `src/hosts/kit/PROTOCOL.md` for one app on one simulated server. */
export class SimulatedKit {
  readonly server: SimulatedServer
  readonly state: KitState
  /** Held for one verb at a time. */
  #lock: Promise<unknown> = Promise.resolve()
  #armedLate: Arming | undefined

  constructor(server: SimulatedServer, state: KitState) {
    this.server = server
    this.state = state
  }

  /** The power failed: whoever held the lock is gone. */
  dropLock(): void {
    this.#lock = Promise.resolve()
  }

  async acquire(request: LeaseRequest): Promise<number> {
    const { owner, purpose, run, ttlSeconds } = request
    await this.#rob(request)
    return this.#locked(async () => {
      const { state, server } = this
      const held = state.lease
      const isSame = held?.owner === owner && held.purpose === purpose && held.run === run
      const isLive = held !== undefined && !state.hasLapsed(server)
      if (isLive && !isSame) throw new Refusal(CODE.held)
      if (!isLive || held.epoch !== state.epoch) state.epoch += 1
      const { uptime, bootId } = server
      const takenAt = isLive ? held.takenAt : uptime
      const deadline = uptime + ttlSeconds
      state.lease = { epoch: state.epoch, bootId, deadline, takenAt, owner, purpose, run }
      await this.#note({ type: 'lease-acquired' })
      return state.epoch
    })
  }

  /** At once, and only the lease that was seen. */
  async #rob({ owner, purpose, run, ttlSeconds, steal }: LeaseRequest): Promise<void> {
    const { state, server } = this
    const held = state.lease
    const isSame = held?.owner === owner && held.purpose === purpose && held.run === run
    if (steal === undefined || held === undefined || state.hasLapsed(server) || isSame) return
    if (!steal.includes(held.run)) throw new Refusal(CODE.held)
    state.epoch += 1
    const { uptime, bootId } = server
    const deadline = uptime + ttlSeconds
    state.lease = { epoch: state.epoch, bootId, deadline, takenAt: uptime, owner, purpose, run }
    await this.#note({ type: 'lease-broken' })
  }

  renew(epoch: number, ttlSeconds: number): void {
    const { state, server } = this
    if (state.epoch !== epoch || state.lease?.epoch !== epoch) throw new Refusal(CODE.fenced)
    const { uptime, bootId } = server
    state.lease = { ...state.lease, bootId, deadline: uptime + ttlSeconds }
  }

  async release(epoch: number): Promise<void> {
    await this.#locked(async () => {
      if (this.state.lease?.epoch === epoch) this.state.lease = undefined
    })
  }

  /** Never waits for the action of the one that it fences. */
  async break(): Promise<Lease | undefined> {
    const before = this.state.leaseSeen(this.server)
    this.state.epoch += 1
    this.state.lease = undefined
    await this.#note({ type: 'lease-broken' })
    return before
  }

  /** Carries out an action once for its epoch and number; told again, it says the same. */
  async do(epoch: number, action: Action): Promise<Recorded> {
    return this.#locked(async () => {
      const { state } = this
      this.#fence(epoch)
      const key = `${epoch}-${action.number}`
      const before = state.results.get(key)
      if (before !== undefined) return before
      if (action.guard === 'pending') this.#expectPending()
      const { number, title } = action
      if (!this.#has('no intent')) await this.#note({ type: 'intent', number, title })
      const result = this.#prepare(epoch, action) ?? (await this.#perform(action, epoch))
      if (this.#armedLate !== undefined && movesTraffic(action)) this.#arm(epoch, this.#armedLate)
      await this.#note({ type: 'done', number: action.number, code: result.code })
      state.results.set(key, result)
      return result
    })
  }

  /** What comes before the instructions; the result when it fails. */
  #prepare(epoch: number, { stage, arm }: Action): Recorded | undefined {
    if (stage !== undefined) this.state.unpack(stage)
    const { deciding } = this.state
    if (arm === undefined) return undefined
    if (deciding?.state === 'pending' && deciding.armed.epoch !== epoch) {
      return { code: CODE.failed, lines: ['an earlier run is undecided', 'failed 0 arm'] }
    }
    if (this.#has('armed late')) this.#armedLate = arm
    else this.#arm(epoch, arm)
    return undefined
  }

  #expectPending(): void {
    if (this.#has('no guard') || this.#has('armed late')) return
    if (this.state.deciding?.state !== 'pending') throw new Refusal(CODE.overtaken)
  }

  #arm(epoch: number, { back, forward, ...head }: Arming): void {
    const { deciding } = this.state
    const isOpen = deciding !== undefined && !deciding.settled
    const isDecided = isOpen || deciding?.armed.epoch === epoch
    if (isDecided && deciding?.state !== 'pending') throw new Refusal(CODE.overtaken)
    const armed = { ...head, epoch, watchdog: 'setsid' }
    const known = this.#has('no way back') ? [] : back
    this.state.deciding = { state: 'pending', settled: false, armed, back: known, forward }
    if (!this.server.watchdogs.canStart) throw new Refusal(CODE.unwatched)
    this.server.watchdogs.arm(this)
  }

  async #perform(action: Action, epoch: number): Promise<Recorded> {
    const { clock } = this.server
    const end = clock.monotonic() + action.timeoutSeconds * 1000
    for (const [index, instruction] of action.instructions.entries()) {
      const where = `failed ${index + 1} ${instruction.do}`
      if (action.guard === 'pending') this.#expectPending()
      const lines = await this.#attempt(instruction, 'action', { tell: action.onProgress, epoch })
      if (lines !== undefined) return { code: CODE.failed, lines: [...lines, where] }
      if (clock.monotonic() > end) return { code: CODE.late, lines: [where] }
    }
    return { code: 0, lines: [] }
  }

  /** The evidence, when it fails. A server that is down carries nothing out. */
  async #attempt(
    instruction: Instruction,
    when: 'action' | 'settling',
    { tell = () => undefined, epoch }: By = {},
  ): Promise<readonly string[] | undefined> {
    const { server, state } = this
    await server.wait(2)
    server.meet('instruction')
    await server.live()
    const fault = server.sabotage(instruction, when)
    if (fault !== undefined) return [fault]
    for (const watcher of server.watchers) watcher.acting?.(server, { state, instruction, epoch })
    try {
      await carryOut({ server, state, tell }, instruction)
      return undefined
    } catch (error) {
      if (error instanceof ToyFailure) return error.lines
      throw error
    }
  }

  async decide(
    epoch: number,
    wish: 'commit' | 'rollback',
    note: JournalNote,
  ): Promise<'commit' | 'rollback'> {
    return this.#locked(async () => {
      this.#fence(epoch)
      const { deciding } = this.state
      if (deciding === undefined) throw new Refusal(CODE.nothing)
      if (deciding.state !== 'pending' && !this.#has('decided twice')) {
        const isOurs = !deciding.settled || deciding.armed.epoch === epoch
        if (!isOurs) throw new Refusal(CODE.nothing)
        return deciding.state
      }
      this.#rename(deciding, wish)
      await this.#note(note)
      if (wish === 'commit') await this.#beginForward(deciding.forward)
      return wish
    })
  }

  #rename(deciding: Deciding, to: 'commit' | 'rollback'): void {
    this.state.deciding = { ...deciding, state: to }
    const { run } = deciding.armed
    for (const watcher of this.server.watchers) watcher.decided(this.server, run, to)
  }

  async #beginForward(forward: readonly Instruction[]): Promise<void> {
    for (const instruction of forward) {
      if (!DONE_BY_DECIDING.includes(instruction.do)) return
      await this.#attempt(instruction, 'settling')
    }
  }

  async settle(epoch: number): Promise<void> {
    await this.#locked(async () => {
      this.#fence(epoch)
      await this.#settle()
    })
  }

  /**
   * Each line is tried, but nothing is started after a stop that failed, and nothing stopped after
   * a route that failed; the file says "settled" only when all of them were done.
   */
  async #settle(): Promise<void> {
    const { deciding } = this.state
    if (deciding === undefined || deciding.settled || deciding.state === 'pending') {
      throw new Refusal(CODE.nothing)
    }
    const list = deciding.state === 'commit' ? deciding.forward : deciding.back
    const failed: string[] = []
    let unstopped = false
    let unturned = false
    for (const [index, instruction] of list.entries()) {
      const isKept = unturned && ENDING.includes(instruction.do)
      unstopped ||= isKept
      if (isKept || (unstopped && STARTING.includes(instruction.do))) {
        failed.push(`failed ${index + 1} ${instruction.do}`)
        continue
      }
      const lines = await this.#attempt(this.#stillThere(instruction), 'settling')
      unstopped ||= lines !== undefined && STOPPING.includes(instruction.do)
      unturned ||= lines !== undefined && instruction.do === 'route'
      if (lines !== undefined) failed.push(...lines, `failed ${index + 1} ${instruction.do}`)
    }
    if (failed.length > 0) throw new Refusal(CODE.failed, failed)
    this.state.deciding = { ...deciding, settled: true }
  }

  /** A container that somebody took away holds up nothing of a list. */
  #stillThere(instruction: Instruction): Instruction {
    if (instruction.do !== 'start') return instruction
    const { containers } = this.server.docker
    return { ...instruction, containers: instruction.containers.filter((c) => containers.has(c)) }
  }

  /**
   * What a watchdog does: decide once the lease has lapsed, and carry out what was decided;
   * `reach` is how far its hands go.
   */
  async takeOver(reach: 'docker' | 'files'): Promise<void> {
    if (this.#has('no watchdog')) return
    await this.#locked(async () => {
      const { state, server } = this
      const { deciding } = state
      if (deciding === undefined || deciding.settled) return
      if (deciding.state !== 'rollback' && !state.hasLapsed(server)) return
      if (deciding.state === 'pending') {
        this.#rename(deciding, 'rollback')
        await this.#note({ type: 'decided', decision: 'rollback', by: 'the watchdog' })
      }
      if (reach === 'files') {
        const routes = state.deciding?.state === 'rollback' ? deciding.back : []
        for (const it of routes)
          if (it.do === 'route') server.moveTraffic(it.key, it.token, state.deciding)
        return
      }
      await this.#settle().catch((error: unknown) => {
        // Whoever comes next settles the rest.
        if (!(error instanceof Refusal)) throw error
      })
    })
  }

  async note(epoch: number, note: JournalNote): Promise<void> {
    await this.#locked(async () => {
      this.#fence(epoch)
      await this.#note(note)
    })
  }

  /** The power failed: what was not written safely is gone. */
  losePower(): void {
    this.dropLock()
    const { deciding } = this.state
    const isOpen = deciding !== undefined && !deciding.settled
    if (!isOpen || !this.#has('decision not durable')) return
    this.state.deciding = { ...deciding, state: 'pending' }
  }

  #has(flaw: Flaw): boolean {
    return this.server.flaws.has(flaw)
  }

  #fence(epoch: number): void {
    if (this.#has('no fence')) return
    if (this.state.epoch !== epoch) throw new Refusal(CODE.fenced)
  }

  async #note(note: JournalNote): Promise<void> {
    const { server, state } = this
    server.meet('journal')
    await server.live()
    state.note(Math.floor(server.clock.now() / 1000), note)
    server.meet('journalled')
    await server.live()
  }

  #locked<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#lock.then(() => this.server.wait(0)).then(act)
    this.#lock = turn.catch(() => undefined)
    return turn
  }
}
