import type { TestConfig } from '../../config/pipeline/tests.ts'
import { each } from '../fleet.ts'
import { inPhase } from '../run/phase.ts'
import { told } from '../run/told.ts'
import type { World } from '../world.ts'
import { type ReachedCoverage, readFresh } from './coverage/fresh.ts'
import { testCommandMissing, testFailed, testFolderMissing } from './failures.ts'
import { testKilled, testTimedOut } from './failures.ts'

export interface TestReport {
  readonly name: string
  readonly command: string
  readonly durationMs: number
  readonly coverage?: ReachedCoverage
}

type Narrow = Pick<World, 'clock' | 'tell' | 'workstation'>

/** Runs the app's own tests in their order, as a phase. The first that fails ends it. */
export async function runTests(
  world: Narrow,
  tests: readonly TestConfig[],
): Promise<readonly TestReport[]> {
  if (tests.length === 0) return []
  await each(tests, (test) => mustHaveFolder(world, test))
  return inPhase(world, { phase: 'test', title: 'test' }, () => allOf(world, tests))
}

async function allOf(world: Narrow, tests: readonly TestConfig[]): Promise<TestReport[]> {
  // A file that one test writes may be what another one is judged by.
  const files = tests.flatMap(({ coverage }) => (coverage === undefined ? [] : [coverage.file]))
  const before = new Map(
    await each(files, async (file) => [file, await world.workstation.modifiedAt(file)] as const),
  )
  const reports: TestReport[] = []
  for (const [index, test] of tests.entries()) {
    reports.push(await oneOf(world, { test, index, before }))
  }
  return reports
}

interface One {
  readonly test: TestConfig
  readonly index: number
  readonly before: ReadonlyMap<string, number | undefined>
}

async function oneOf(world: Narrow, { test, index, before }: One): Promise<TestReport> {
  const { name, run } = test
  const step = `test-${index + 1}`
  const because = name === run ? 'belay.yaml asks for it' : run
  return told(world, { step, host: '', title: name, because }, async () => {
    const begun = world.clock.monotonic()
    await runOne(world, { test, step })
    const durationMs = Math.round(world.clock.monotonic() - begun)
    const report = { name, command: run, durationMs }
    const coverage = await readFresh(world, { test, before })
    return coverage === undefined ? report : { ...report, coverage }
  })
}

async function mustHaveFolder({ workstation }: Narrow, { name, directory }: TestConfig) {
  if ((await workstation.kindOf(directory)) === 'folder') return
  throw testFolderMissing({ test: name, directory })
}

async function runOne(
  { workstation, tell }: Narrow,
  { test, step }: { test: TestConfig; step: string },
): Promise<void> {
  const { name, run, directory, timeoutMs } = test
  const { code, isLate, lines } = await workstation.runCommand({
    command: run,
    directory,
    timeoutMs,
    what: `the test ${name}`,
    onLine: (text) => tell({ type: 'progress', host: '', step, text }),
  })
  const extras = { evidence: lines.slice(-EVIDENCE_LINES) }
  if (isLate) throw testTimedOut({ test: name, limitMs: timeoutMs }, extras)
  if (code === 0) return
  if (code === 126 || code === 127) {
    throw testCommandMissing({ test: name, directory, code }, extras)
  }
  const signal = SIGNALS[code - 128]
  if (signal !== undefined) throw testKilled({ test: name, signal }, extras)
  throw testFailed({ test: name, code }, extras)
}

const EVIDENCE_LINES = 30

/** Those that a test may meet; a shell tells them as 128 and more. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
  24: 'SIGXCPU',
}
