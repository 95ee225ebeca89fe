import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How many test files run at once, each with a lab of its own and a folder for what is temporary. */
export const LANES = 2

/** The lab of a lane: the first has the one that is there without a name, or under the given one. */
export function labOfLane(lane: number, given = process.env.BELAY_LAB ?? ''): string {
  if (lane === 1) return given
  return given === '' ? `lane${lane}` : `${given}-lane${lane}`
}

/** For this process and those that it starts. */
export function enterLane(lane: number): void {
  if (lane === 1) return
  const name = labOfLane(lane)
  process.env.TMPDIR = temporaryOf(name)
  process.env.BELAY_LAB = name
  mkdirSync(process.env.TMPDIR, { recursive: true })
}

/** What the lanes left in their temporary folders. */
export function tidyLanes(): void {
  for (let lane = 2; lane <= LANES; lane++) {
    rmSync(temporaryOf(labOfLane(lane)), { recursive: true, force: true })
  }
}

function temporaryOf(lab: string): string {
  return join(tmpdir(), `belay-${lab}`)
}
