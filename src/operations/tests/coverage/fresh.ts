import type { TestConfig } from '../../../config/pipeline/tests.ts'
import type { World } from '../../world.ts'
import { coverageTooLow, coverageUnusable } from '../failures.ts'
import { percentOf } from './format.ts'
import { readCoverage } from './index.ts'

export interface ReachedCoverage {
  /** Absolute. */
  readonly file: string
  /** Per cent of the lines, to two places, never rounded up. */
  readonly percent: number
  readonly atLeast: number
}

interface Judged {
  readonly test: TestConfig
  /** When each coverage file had been written before any test ran. */
  readonly before: ReadonlyMap<string, number | undefined>
}

/**
 * Judges what a test reached, by the file that it names.
 *
 * @throws {Failure} `COVERAGE_UNUSABLE`, also for a file that none of these tests wrote;
 *   `COVERAGE_TOO_LOW`
 */
export async function readFresh(
  world: Pick<World, 'tell' | 'workstation'>,
  { test, before }: Judged,
): Promise<ReachedCoverage | undefined> {
  if (test.coverage === undefined) return undefined
  const { file, atLeast } = test.coverage
  const unusable = (reason: string) => coverageUnusable({ test: test.name, file, reason })
  const kind = await world.workstation.kindOf(file)
  if (kind === undefined) throw unusable('the test did not write it')
  if (kind === 'folder') throw unusable('it is no file')
  if ((await world.workstation.modifiedAt(file)) === before.get(file)) {
    throw unusable('it is from an earlier run, and no test wrote it anew')
  }
  const { content } = await world.workstation.readFile(file)
  const read = readCoverage(Buffer.from(content).toString('utf8'))
  if ('reason' in read) throw unusable(read.reason)
  const percent = percentOf(read)
  const ok = percent >= atLeast
  world.tell({
    type: 'check-judged',
    host: '',
    check: `coverage of ${test.name}`,
    verdict: ok ? 'pass' : 'fail',
    text: `${percent} % of the lines, at least ${atLeast} % are needed`,
  })
  if (!ok) throw coverageTooLow({ test: test.name, file, percent: String(percent), atLeast })
  return { file, percent, atLeast }
}
