import { rmSync } from 'node:fs'
import { show } from './command.ts'
import { Lab } from './lab.ts'
import { LANES, labOfLane, tidyLanes } from './lanes.ts'
import { lockLab } from './lock.ts'
import { place } from './place.ts'

/**
 * Everything that tests against real servers need; it fails where that cannot be had, as a skipped
 * end-to-end test proves nothing. The servers are left running for the next time.
 */
export async function setup(): Promise<() => void> {
  await show(['sh', 'tests/lab/setup/ensure-docker.sh'], 6)
  await show(['sh', 'tests/lab/setup/images.sh'], 15)
  await build()
  const open: (() => void)[] = []
  const unlock = (): void => {
    for (const letGo of open) letGo()
    tidyLanes()
  }
  try {
    for (let lane = 1; lane <= LANES; lane++) open.push(await bringUp(labOfLane(lane)))
    return unlock
  } catch (error) {
    unlock()
    throw error
  }
}

/** Clean servers that are ours alone. Returns how to let go of them. */
async function bringUp(name: string): Promise<() => void> {
  const unlock = await lockLab(place(name))
  try {
    const lab = await Lab.up({ servers: 2, name })
    await lab.clean()
    return unlock
  } catch (error) {
    unlock()
    throw error
  }
}

/** Tests that use the command fail where it cannot be built; the others need not. */
async function build(): Promise<void> {
  rmSync('dist', { recursive: true, force: true })
  await show([process.execPath, 'scripts/build.mjs'], 2).catch((error: unknown) => {
    console.error('dist/belay.js could not be built:', error)
  })
}
