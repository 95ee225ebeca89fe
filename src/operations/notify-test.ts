import type { AppConfig } from '../config/app-config.ts'
import { openPost } from '../notifications/post.ts'
import { type Told, receiptOf } from '../notifications/receipts/receipt.ts'
import type { World } from './world.ts'

/** What became of one test message. */
export interface Tried {
  readonly channel: string
  /** `off`: it cannot be used from here. `elsewhere`: it belongs to a CI system that this is not. */
  readonly outcome: 'told' | 'failed' | 'off' | 'elsewhere'
  readonly text: string
}

export interface NotifyTestReport {
  readonly app: string
  readonly environment: string
  readonly channels: readonly Tried[]
}

/** Long enough for a slow server, and for one answer that says to come again. */
const PATIENCE_MS = 30_000

/** Sends one message to every channel, and says what each of them answered. Reaches no server. */
export async function notifyTest(world: World, config: AppConfig): Promise<NotifyTestReport> {
  const { app, environment, notify } = config
  const told: Told[] = []
  const tell: World['tell'] = (event) => {
    if (event.type === 'notified') told.push(event)
  }
  const post = openPost({ ...world, tell, channels: notify })
  const at = new Date(world.clock.now()).toISOString()
  const run = world.newRun()
  const begun = { type: 'run-started' as const, run, purpose: 'test', app, environment }
  const receipt = receiptOf([{ v: 1, at, event: { ...begun, owner: world.owner } }])
  post.send({ moment: 'started', receipt, isTest: true })
  await post.close(PATIENCE_MS)
  const channels = notify.map((each): Tried => {
    const { title: channel } = each
    if (each.state === 'off') return { channel, outcome: 'off', text: each.because }
    if (each.state === 'elsewhere') return { channel, outcome: 'elsewhere', text: ELSEWHERE }
    const answer = told.splice(
      told.findIndex((one) => one.channel === channel),
      1,
    )[0]
    const text = answer?.text ?? 'nothing was heard of it'
    return { channel, outcome: answer?.ok === true ? 'told' : 'failed', text }
  })
  return { app, environment, channels }
}

const ELSEWHERE = 'written by the job of a CI system, which this is not'
