import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Place } from './place.ts'

const waitMaxMs = 20 * 60_000

/**
 * One test run at a time per lab, as tests clean the servers. Waits for a run that still lives, and
 * takes over from one that is gone. Returns how to let go.
 */
export async function lockLab(where: Place): Promise<() => void> {
  const file = join(where.folder, 'lock')
  const deadline = Date.now() + waitMaxMs
  let told = false
  while (!take(file)) {
    const holder = holderOf(file)
    if (holder === undefined) {
      rmSync(file, { force: true })
      continue
    }
    if (Date.now() > deadline) throw new Error(`the lab is still in use by process ${holder}`)
    if (!told)
      console.log(`waiting for the lab, in use by process ${holder} (or set BELAY_LAB=name)`)
    told = true
    await wait(500)
  }
  return () => rmSync(file, { force: true })
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}
