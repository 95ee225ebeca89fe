import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { keepEvents } from '../../load/events.ts'
import { Tally } from '../../load/tally.ts'
import { keepWebSocket } from '../../load/web-socket.ts'
import { AskedApp, DRAIN_SECONDS, type Rollout } from './asked-app.ts'
import { finished, freshLab, IMAGES, type Json, type Ran } from './scenario.ts'

let lab: Lab
let server: Server
let asked: AskedApp
let listeners: Listeners | undefined

beforeAll(async () => {
  lab = await freshLab([...IMAGES, 'node:20-slim'])
  server = lab.server(1)
})
beforeEach(() => server.clean())
afterEach(async () => {
  await listeners?.stop()
  asked.app.remove()
})

const PATIENCE = { timeout: 60_000, interval: 20 }
const ONE_EACH = { websocket: 1, events: 1 }

/** One WebSocket and one stream of events, opened again where they end. */
class Listeners {
  readonly #tally = new Tally()
  readonly #over = new AbortController()
  readonly #running: readonly Promise<void>[]

  constructor() {
    const at = { host: '127.0.0.1', port: server.httpPort }
    this.#running = [keepWebSocket, keepEvents].map((keep) =>
      keep(at, this.#tally, this.#over.signal),
    )
  }

  get losses(): readonly unknown[] {
    return this.#tally.report().losses
  }

  count(what: 'opened' | 'closed' | 'cut' | 'ticks'): { websocket: number; events: number } {
    const { websocket, events } = this.#tally.report()
    return { websocket: websocket[what], events: events[what] }
  }

  async stop(): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#running)
  }
}

/** Until both have come to more than that. */
async function more(of: Listeners, what: 'opened' | 'closed' | 'ticks', than: number) {
  const fewest = () => Math.min(...Object.values(of.count(what)))
  await expect.poll(fewest, PATIENCE).toBeGreaterThan(than)
}

/** The first release, with a WebSocket and a stream of events open. */
async function listening(rollout: Rollout, environment = {}, web: Json = {}): Promise<Listeners> {
  asked = new AskedApp(lab, rollout, { web })
  const app = await asked.version(1, environment)
  expect(await app.belay('deploy', '--yes', '--json')).toMatchObject({ code: 0 })
  listeners = new Listeners()
  await more(listeners, 'ticks', 0)
  return listeners
}

/** The second release, and how many events were heard from the first after traffic had moved. */
async function replaced(open: Listeners): Promise<{ ran: Ran; heard: number }> {
  const run = (await asked.version(2)).start(['deploy', '--yes', '--json'])
  await run.saying('"type":"traffic-moved"')
  const { events: before } = open.count('ticks')
  await more(open, 'closed', 0)
  const heard = open.count('ticks').events - before
  const ran = await run.ended
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', serving: 'r2' })
  await more(open, 'opened', 1)
  return { ran, heard }
}

describe('a WebSocket and a stream of events', () => {
  test('must be kept by the old release for its drain, and then be ended by it', async () => {
    const open = await listening('overlap')
    const { heard } = await replaced(open)
    expect(open.count('closed')).toEqual(ONE_EACH)
    expect(open.count('cut')).toEqual({ websocket: 0, events: 0 })
    // Four a second; some are late where a machine is busy.
    expect(heard).toBeGreaterThan(DRAIN_SECONDS * 2)
    expect(open.losses).toEqual([])
  })

  test('must be cut, and come back, where the app that goes ignores SIGTERM', async () => {
    const open = await listening('overlap', { IGNORE_SIGTERM: '1' }, { drain: '1s' })
    await replaced(open)
    expect(open.count('cut')).toEqual(ONE_EACH)
    expect(open.losses).toEqual([])
  })

  test('must not delay a hand-over, and be ended by the app that goes', async () => {
    const open = await listening('handover', {}, { drain: '20s', hold: '60s' })
    const { ran } = await replaced(open)
    const [step] = ran.events.filter(
      (event) => event.type === 'step-finished' && event.step === 'hand-over-web',
    )
    expect(step).toMatchObject({ ok: true })
    // Its drain alone would have taken 20 s.
    expect(step?.type === 'step-finished' && step.durationMs).toBeLessThan(15_000)
    expect(open.count('closed')).toEqual(ONE_EACH)
    expect(open.count('cut')).toEqual({ websocket: 0, events: 0 })
    expect(open.losses).toEqual([])
  })
})
