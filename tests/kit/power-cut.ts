import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Answer, Rig, type Shell, answerOf, section } from './rig.ts'

/** Every program by which the kit leaves something behind. */
const EFFECTS = ['mv', 'ln', 'rm', 'mkdir', 'cp', 'tar', 'find', 'sync', 'docker', 'setsid']

const ALL = 1_000_000

/** Runs one verb on a server whose power goes before the `at`-th effect. */
export async function cutPower(
  rig: Rig,
  words: readonly string[],
  { payload, at }: { payload: string | Uint8Array; at: number },
): Promise<{ answer: Answer; effects: number }> {
  const folder = join(rig.folder, 'effects')
  mkdirSync(folder, { recursive: true })
  for (const name of EFFECTS) copyFileSync(join(rig.bin, 'effect'), join(folder, name))
  writeFileSync(join(folder, 'count'), '0')
  writeFileSync(join(folder, 'at'), String(at))
  const script = 'echo $$ >"$0"; exec sh "$@"'
  const verb = [rig.kit, 'once', 'shop', 'production', ...words]
  const env = { BELAY_PATH: `${folder}:${rig.env['BELAY_PATH']}` }
  const child = rig.spawn(['-c', script, join(folder, 'groups'), ...verb], env)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(payload)
  const answer = await answerOf(child)
  return { answer, effects: Number(readFileSync(join(folder, 'count'), 'utf8')) }
}

export interface Scenario {
  /** A server up to the verb that is to be cut off. */
  readonly begin: (shell: Shell) => Promise<Rig>
  readonly words: readonly string[]
  readonly payload: string | Uint8Array
  /** What must be the same however often, and wherever, the power went. */
  readonly end: (rig: Rig) => Promise<unknown>
}

/**
 * Cuts the power before the first effect, the second, and so on, until nothing is left to cut. The
 * programs of busybox are others, the places are the same: so each place is cut under one shell.
 */
export async function sweep(shell: Shell, scenario: Scenario): Promise<SweepResult> {
  const whole = await once(shell, scenario, ALL)
  const different: { at: number; end: unknown }[] = []
  const all = Array.from({ length: whole.effects }, (_, index) => index + 1)
  const cuts = all.filter((at) => at % 2 === (shell === 'dash' ? 1 : 0))
  const worker = async (): Promise<void> => {
    for (let at = cuts.shift(); at !== undefined; at = cuts.shift()) {
      const { code, end } = await once(shell, scenario, at)
      // The last effects may follow the answer, as those of a watchdog do.
      if (code === 0 && at < whole.effects / 2) different.push({ at, end: 'was not cut' })
      if (JSON.stringify(end) !== JSON.stringify(whole.end)) different.push({ at, end })
    }
  }
  await Promise.all([worker(), worker()])
  return { cuts: whole.effects, whole: whole.end, different }
}

export interface SweepResult {
  readonly cuts: number
  readonly whole: unknown
  readonly different: readonly { at: number; end: unknown }[]
}

async function once(shell: Shell, scenario: Scenario, at: number) {
  const rig = await scenario.begin(shell)
  try {
    const cut = await cutPower(rig, scenario.words, { payload: scenario.payload, at })
    return { code: cut.answer.code, effects: cut.effects, end: await scenario.end(rig) }
  } finally {
    rig.close()
  }
}

/** Everything that counts: what runs, where traffic goes, what is remembered, what lies around. */
export async function worldOf(rig: Rig): Promise<unknown> {
  const seen = await rig.once(['observe'])
  const containers = section(seen, '@containers').map((line) => {
    const { name, state, policy } = JSON.parse(line)
    return { name, state, policy }
  })
  const releases = join(rig.state, 'releases')
  return {
    containers,
    tokens: section(seen, '@tokens'),
    current: section(seen, '@current'),
    decision: section(seen, '@decision')[0],
    networks: section(seen, '@networks'),
    damaged: section(seen, '@damaged'),
    releases: existsSync(releases) ? readdirSync(releases) : [],
    marks: ['r1', 'r2'].map((id) => rig.read(`releases/${id}/mark`)),
    jobs: rig.dockerSays('jobs'),
  }
}
