import { setTimeout as wait } from 'node:timers/promises'
import { forgetIll, makeIll, type Release } from './app.ts'
import { deployFirst } from './good.ts'
import { Clients } from './load.ts'
import { containersOn, type Left, lookAt, newContainer } from './look.ts'
import { type Ended, start } from './run.ts'
import { type Ground, NotMeasured, type Way } from './way.ts'

/** What is done wrong, and what is deployed after it. */
export type Fault = {
  readonly title: string
  readonly servers: 1 | 2
  readonly bad: Release
  /** The deployer is killed once the new container has run for a second. */
  readonly isKilled: boolean
  /** On the second server alone the release never answers. */
  readonly isIllOnSecond?: boolean
  readonly next: Release
}

const good: Release = { name: 'next', start: 'at once' }

export const FAULTS: readonly Fault[] = [
  {
    title: 'a release that never answers',
    servers: 1,
    bad: { name: 'bad', start: 'never' },
    isKilled: false,
    next: good,
  },
  {
    title: 'deployer killed while it waits; the next release is good',
    servers: 1,
    bad: { name: 'cut off', start: 'slowly' },
    isKilled: true,
    next: good,
  },
  {
    title: 'deployer killed while it waits; the next release never answers',
    servers: 1,
    bad: { name: 'cut off', start: 'slowly' },
    isKilled: true,
    next: { name: 'next', start: 'never' },
  },
  {
    title: 'two servers, the release never answers on the second',
    servers: 2,
    bad: { name: 'bad', start: 'at once' },
    isKilled: false,
    isIllOnSecond: true,
    next: good,
  },
]

export type Phase = {
  /** None for a deployer that was killed. */
  readonly ended: Ended | undefined
  readonly sent: number
  readonly lost: number
  /** Of each server, once all was quiet. */
  readonly left: readonly Left[]
}

export type Suffered = { readonly during: Phase; readonly next: Phase }

/** How long after the end something may still come to rest: a slow start, a retry. */
const SETTLE_MS = 8000

export async function suffer(way: Way, ground: Ground, fault: Fault): Promise<Suffered> {
  await forgetIll(ground.servers)
  await deployFirst(way, ground)
  const clients = new Clients(ground.servers)
  try {
    await wait(500)
    if (fault.isIllOnSecond === true) await makeSecondIll(ground, fault.bad.name)
    const during = await phase(way, ground, { ...fault, clients, release: fault.bad })
    const next = await phase(way, ground, { isKilled: false, clients, release: fault.next })
    return { during, next }
  } finally {
    await clients.stop()
  }
}

async function makeSecondIll({ servers }: Ground, name: string): Promise<void> {
  const [, second] = servers
  if (second === undefined) throw new Error('a second server is needed')
  await makeIll(second, name)
}

type Deployment = {
  readonly isKilled: boolean
  readonly clients: Clients
  readonly release: Release
}

async function phase(
  way: Way,
  ground: Ground,
  { isKilled, clients, release }: Deployment,
): Promise<Phase> {
  const before = { sent: clients.sent, lost: clients.lost }
  const command = await way.deploy(ground, release)
  const [first] = ground.servers
  const there = first === undefined ? new Set<string>() : await containersOn(first)
  const running = start(command)
  if (isKilled && first !== undefined) {
    if (!(await newContainer(first, there))) throw new NotMeasured('it started no container')
    await wait(1000)
    running.kill()
  }
  const ended = await running.ended
  await wait(SETTLE_MS)
  return {
    ended: isKilled && ended.code === 137 ? undefined : ended,
    sent: clients.sent - before.sent,
    lost: clients.lost - before.lost,
    left: await Promise.all(ground.servers.map(lookAt)),
  }
}
