import { describe, expect, it } from 'vitest'
import type { StampedEvent } from '../../src/base/event.ts'
import { MOMENTS } from '../../src/base/moment.ts'
import type { NotifyConfig } from '../../src/config/pipeline/notify.ts'
import type { Answer, Courier } from '../../src/hosts/courier/courier.ts'
import { type Receipt, receiptOf } from '../../src/notifications/receipts/receipt.ts'
import { BAD_IMAGES } from './serving.ts'
import { type Deployment, type SimulatedFleet } from './simulated-fleet.ts'
import { SCOPE, configOf } from './shop.ts'
import { serving } from './standing.ts'

const TAKEN: Answer = { kind: 'answered', status: 204, headers: {}, body: '' }
const SETTINGS = { url: 'http://receiver.invalid/', headers: {} }
const ON: NotifyConfig = {
  state: 'on',
  title: 'webhook',
  channel: { kind: 'webhook', settings: SETTINGS, on: [...MOMENTS], template: {} },
}

interface Heard {
  readonly moment: string
  readonly receipt: Receipt
}

/** A receiver, and what it heard. */
function receiver(answer: () => Answer | 'hang' = () => TAKEN) {
  const heard: Heard[] = []
  const courier: Courier = {
    deliver: async (letter, { signal }) => {
      if (letter.via === 'web') heard.push(JSON.parse(letter.body) as Heard)
      const given = answer()
      if (given !== 'hang') return given
      await new Promise((done) => {
        if (signal.aborted) done(undefined)
        signal.addEventListener('abort', done, { once: true })
      })
      return { kind: 'unheard', text: 'it did not answer' }
    },
  }
  return { courier, heard, moments: () => heard.map(({ moment }) => moment) }
}

async function run(
  fleet: SimulatedFleet,
  deployment: Deployment,
  notify: readonly NotifyConfig[] = [ON],
) {
  const config = { ...configOf(fleet.shop), notify }
  return fleet.deploy({ ...deployment, request: { config, ...deployment.request } })
}

/** Of the run, as the anchor keeps it. */
async function keptBy(fleet: SimulatedFleet, name: string): Promise<readonly StampedEvent[]> {
  const { receipts } = fleet.servers[0]!.kit(SCOPE).state
  const text = receipts.get(name)
  return text === undefined ? [] : text.split('\n').map((line): StampedEvent => JSON.parse(line))
}

const nameOf = (events: readonly { readonly type: string; readonly run?: string }[]) =>
  events.find(({ type }) => type === 'run-started')?.run ?? ''

const warnings = (events: readonly { type: string; code?: string }[]) =>
  events.flatMap(({ type, code = '' }) => (type === 'warning' ? [code] : []))

describe('whoever is told of runs', () => {
  it('hears that a deployment began, and that it went well', async () => {
    const fleet = await serving({ hosts: ['one', 'two'] })
    const { courier, heard, moments } = receiver()
    const end = await run(fleet, { version: 2, courier })
    expect(end.exit).toBe(0)
    expect(moments()).toEqual(['started', 'succeeded'])
    expect(heard[0]?.receipt).toMatchObject({ outcome: 'under-way', release: 'r2', serving: 'r1' })
    expect(heard[1]?.receipt).toMatchObject({
      outcome: 'confirmed',
      release: 'r2',
      previous: 'r1',
      serving: 'r2',
      exit: 0,
      by: 'ann@laptop',
    })
  })

  it.each(Object.entries(BAD_IMAGES))('hears that %s was rolled back', async (_, image) => {
    const fleet = await serving({})
    fleet.add(2, image)
    const { courier, heard, moments } = receiver()
    const end = await run(fleet, { version: 2, courier })
    expect(end.exit).toBe(4)
    expect(moments()).toEqual(['started', 'rolled-back'])
    expect(heard[1]?.receipt).toMatchObject({ serving: 'r1', release: 'r2', exit: 4 })
    expect(heard[1]?.receipt.failures.map(({ code }) => code)).toEqual(['NOT_PROVED'])
  })

  it('hears of a rollback and of a restart', async () => {
    const fleet = await serving({})
    await fleet.deploy({ version: 2 })
    for (const operation of ['rollback', 'restart'] as const) {
      const { courier, moments, heard } = receiver()
      expect(await run(fleet, { version: 2, operation, courier })).toMatchObject({ exit: 0 })
      expect(moments()).toEqual(['started', 'succeeded'])
      expect(heard[1]?.receipt.purpose).toBe(operation)
    }
  })

  it('hears that a run failed before anything was touched', async () => {
    const fleet = await serving({})
    await fleet.deploy({ version: 2, owner: 'bob@desk' })
    const first = fleet.begin({ version: 3, owner: 'bob@desk' })
    const { courier, heard, moments } = receiver()
    const second = fleet.clock.sleep(300).then(() => {
      const config = { ...configOf(fleet.shop), notify: [ON] }
      return fleet.begin({ version: 4, courier, request: { config } })
    })
    const [, end] = await fleet.clock.run(Promise.all([first, second]))
    expect(end.exit).toBe(3)
    expect(moments().at(-1)).toBe('failed')
    expect(heard.at(-1)?.receipt.failures.map(({ code }) => code)).toEqual(['LEASE_HELD'])
  })

  it('hears nothing of a dry run, nor of one that somebody said no to', async () => {
    const fleet = await serving({})
    const { courier, moments } = receiver()
    await run(fleet, { version: 2, courier, request: { dryRun: true } })
    await run(fleet, { version: 2, courier, request: { agree: () => Promise.resolve(false) } })
    expect(moments()).toEqual([])
  })

  it('hears once that there was nothing to do', async () => {
    const fleet = await serving({})
    const { courier, moments } = receiver()
    const before = fleet.snapshot()
    expect(await run(fleet, { version: 1, courier })).toMatchObject({ exit: 0 })
    expect(moments()).toEqual(['unchanged'])
    expect(fleet.snapshot()).toEqual(before)
  })
})

describe('a channel that is dead', () => {
  it.each([
    ['hangs', () => 'hang' as const],
    ['is down', (): Answer => ({ kind: 'unheard', text: 'nobody is there' })],
    ['answers 500', (): Answer => ({ kind: 'answered', status: 500, headers: {}, body: '' })],
    [
      'says to come again in a minute',
      (): Answer => ({ kind: 'answered', status: 429, headers: { 'retry-after': '60' }, body: '' }),
    ],
  ])('and %s costs a few seconds at the end, and a warning', async (_, answer) => {
    const quick = await serving({})
    const began = quick.clock.monotonic()
    await run(quick, { version: 2, courier: receiver().courier })
    const usual = quick.clock.monotonic() - began

    const fleet = await serving({})
    const since = fleet.clock.monotonic()
    const end = await run(fleet, { version: 2, courier: receiver(answer).courier })
    expect(end.exit).toBe(0)
    expect(fleet.clock.monotonic() - since).toBeLessThan(usual + 5_500)
    expect(warnings(end.events)).toContain('NOTIFY_FAILED')
    expect(end.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'confirmed' })
    const kept = receiptOf(await keptBy(fleet, nameOf(end.events)))
    expect(kept.warnings.map(({ code }) => code)).toContain('NOTIFY_FAILED')
    expect(kept.outcome).toBe('confirmed')
  })

  it('delays no step: traffic moves when it would have moved', async () => {
    const movedAt = async (courier: Courier) => {
      const fleet = await serving({})
      const since = fleet.clock.monotonic()
      const end = await run(fleet, { version: 2, courier })
      const kept = await keptBy(fleet, nameOf(end.events))
      const began = Date.parse(kept[0]!.at)
      expect(since).toBeGreaterThan(0)
      return kept
        .filter(({ event }) => event.type === 'traffic-moved' || event.type === 'decided')
        .map(({ at }) => Date.parse(at) - began)
    }
    const usual = await movedAt(receiver().courier)
    expect(usual.length).toBeGreaterThan(1)
    expect(await movedAt(receiver(() => 'hang').courier)).toEqual(usual)
  })
})

describe('a channel that is off here', () => {
  const OFF: NotifyConfig = { state: 'off', title: 'telegram', because: 'TOKEN is not set' }

  it.each(['deploy', 'rollback', 'restart'] as const)('does not stop a %s', async (operation) => {
    const fleet = await serving({})
    await fleet.deploy({ version: 2 })
    const end = await run(fleet, { version: 3, operation }, [OFF])
    expect(end.exit).toBe(0)
    expect(warnings(end.events)).toEqual(['NOTIFY_OFF'])
    expect(end.events).toContainEqual({
      type: 'warning',
      code: 'NOTIFY_OFF',
      text: 'telegram is not told of this run: TOKEN is not set',
    })
  })
})

describe('the receipt that a run leaves', () => {
  it('ends with its end, and the log with it', async () => {
    const fleet = await serving({})
    const end = await run(fleet, { version: 2, courier: receiver().courier })
    const name = nameOf(end.events)
    const kept = await keptBy(fleet, name)
    expect(kept.at(-1)?.event).toEqual(end.events.at(-1))
    const { logs } = fleet.servers[0]!.kit(SCOPE).state
    expect(logs.get(name)).toBe('the last was run-finished\n')
  })

  it('has phases, steps, checks, images and hosts', async () => {
    const fleet = await serving({ hosts: ['one', 'two'] })
    const { events } = await run(fleet, { version: 2 })
    const receipt = receiptOf(await keptBy(fleet, nameOf(events)))
    expect(receipt.phases.map(({ title, ok }) => [title, ok])).toEqual([
      ['connect and read', true],
      ['take the lease', true],
      ['bring images to the hosts', true],
      ['roll out and prove', true],
    ])
    expect(receipt.hosts.map(({ host, previous }) => [host, previous])).toEqual([
      ['one', 'r1'],
      ['two', 'r1'],
    ])
    const steps = receipt.hosts.flatMap((host) => host.steps)
    expect(steps.length).toBeGreaterThan(4)
    expect(steps.every(({ ok, durationMs }) => ok && durationMs !== null)).toBe(true)
    expect(receipt.checks.length).toBeGreaterThan(3)
    expect(receipt.checks.every(({ verdict }) => verdict === 'pass')).toBe(true)
    expect(receipt.images).toMatchObject([{ service: 'web', reference: 'shop:2' }])
  })

  it('is left by a run that was refused under the lease, and by none before it', async () => {
    const fleet = await serving({})
    await fleet.deploy({ version: 2 })
    const agree = async () => {
      // Somebody takes the release away between the plan and the lease.
      fleet.servers[0]!.kit(SCOPE).state.folders.delete('r1')
      return true
    }
    const refused = await run(fleet, { version: 2, operation: 'rollback', request: { agree } })
    expect(refused).toMatchObject({ exit: 2, codes: ['UNKNOWN_RELEASE'] })
    const dry = await run(fleet, { version: 3, request: { dryRun: true } })
    const left = await Promise.all(
      [refused, dry].map(async ({ events }) => (await keptBy(fleet, nameOf(events))).length > 0),
    )
    expect(left).toEqual([true, false])
    const receipt = receiptOf(await keptBy(fleet, nameOf(refused.events)))
    expect(receipt).toMatchObject({ outcome: 'refused', serving: 'r2' })
    expect(receipt.failures.map(({ code }) => code)).toEqual(['UNKNOWN_RELEASE'])
  })
})
