import { rmSync } from 'node:fs'
import { show } from './command.ts'
import { Lab } from './lab.ts'
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
  const unlock = await lockLab(place())
  try {
    const lab = await Lab.up({ servers: 2 })
    await lab.clean()
    return unlock
  } catch (error) {
    unlock()
    throw error
  }
}

/** Tests that use the command fail where it cannot be built; the others need not. */
async function build(): Promise<void> {
  rmSync('dist/belay.js', { force: true })
  await show([process.execPath, 'scripts/build.mjs'], 2).catch((error: unknown) => {
    console.error('dist/belay.js could not be built:', error)
  })
}
