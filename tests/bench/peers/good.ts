import { setTimeout as wait } from 'node:timers/promises'
import { Clients } from './load.ts'
import { start } from './run.ts'
import { type Ground, NotMeasured, type Way } from './way.ts'

/** One deployment of a good release, under load. */
export type Deployed = {
  /** From the command's start until the new version answered on every server. */
  readonly servingMs: number
  readonly totalMs: number
  readonly sent: number
  readonly lost: number
}

/** What stands before anything is measured. */
export async function deployFirst(way: Way, ground: Ground): Promise<void> {
  await way.prepare?.(ground)
  const command = await way.deploy(ground, { name: 'first', start: 'at once' })
  const { code, said } = await start(command).ended
  if (code === 0) return
  throw new NotMeasured(`its first deployment ended with ${code}: ${said.split('\n').at(-1) ?? ''}`)
}

export async function deployGood(way: Way, ground: Ground, name: string): Promise<Deployed> {
  const command = await way.deploy(ground, { name, start: 'at once' })
  const clients = new Clients(ground.servers)
  try {
    await wait(500)
    const running = start(command)
    const { code, ms, said } = await running.ended
    if (code !== 0) throw new NotMeasured(`it ended with ${code}: ${said}`)
    const served = await servedWithin(clients, name, 10_000)
    return {
      servingMs: served - running.begun,
      totalMs: ms,
      sent: clients.sent,
      lost: clients.lost,
    }
  } finally {
    await clients.stop()
  }
}

async function servedWithin(clients: Clients, name: string, withinMs: number): Promise<number> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    const served = clients.servedAt(name)
    if (served !== undefined) return served
    await wait(50)
  }
  throw new NotMeasured(`${name} did not answer`)
}
