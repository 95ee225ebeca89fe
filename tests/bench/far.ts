import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DelayProxy } from '../lab/delay.ts'
import { mustRun, timeOf } from './belay.ts'
import { type Figure, inSeconds, median, spread } from './figures.ts'
import type { TimedApp } from './speed.ts'
import type { Stand } from './stand.ts'

const ONE_WAY_MS = 25

/** The same deployment to the same server, 50 ms away. */
export async function measureDistance(stand: Stand, timed: TimedApp): Promise<readonly Figure[]> {
  const proxy = new DelayProxy({ port: stand.server.port, delayMs: ONE_WAY_MS })
  const port = await proxy.listen()
  try {
    const slower: number[] = []
    const [near, far]: [number[], number[]] = [[], []]
    await timed.change()
    await mustRun(timed.app.at, ['deploy', '--yes'])
    const farAt = timed.app.by(configThrough(stand, port))
    for (let run = 0; run < stand.runs; run++) {
      await timed.change()
      const here = timeOf(await mustRun(timed.app.at, ['deploy', '--yes']), 'decided')
      await timed.change()
      const there = timeOf(await mustRun(farAt, ['deploy', '--yes']), 'decided')
      stand.say(`run ${run + 1}: near ${inSeconds(here)}, 50 ms away ${inSeconds(there)}`)
      near.push(here)
      far.push(there)
      slower.push(there - here)
    }
    const difference = median(far) - median(near)
    return [
      {
        what: 'deploy at 50 ms, start to confirmed',
        target: '≤ 1.00 s slower',
        measured: `${inSeconds(difference)} s slower (${spread(slower)})`,
        isReached: difference <= 1000,
        meaning:
          `Each byte between the deployer and sshd arrives ${ONE_WAY_MS} ms late in each ` +
          "direction, SSH's own handshake included; against the same deployment without that.",
      },
    ]
  } finally {
    await proxy.close()
  }
}

/** The lab's ssh configuration, with the first server behind another port. */
export function configThrough(
  { lab, server, folder }: Pick<Stand, 'lab' | 'server' | 'folder'>,
  port: number,
): string {
  const text = readFileSync(lab.sshConfig, 'utf8')
  const path = join(folder, 'far_ssh_config')
  writeFileSync(path, text.replaceAll(`  Port ${server.port}\n`, `  Port ${port}\n`))
  return path
}
