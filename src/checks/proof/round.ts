import type { Clock } from '../../base/clock.ts'
import type { Host, HttpAnswer, Sample, SampleRequest } from '../../hosts/host.ts'
import type { HereQuestion } from '../../hosts/workstation.ts'
import type { Case } from './case.ts'
import type { Here, Look, Means, Needs, Question, Verdict } from '../check.ts'
import { unknown } from '../check.ts'

/** What is remembered from one round to the next. */
export interface Memory {
  readonly verdicts: readonly Verdict[]
  readonly before?: Sample['containers']
  /** When what takes several exchanges was last asked, by the case's place. */
  readonly foundAt?: Readonly<Record<number, number>>
  /** How long a container's health command may take: see `patienceAfter`. */
  readonly healthSeconds: Readonly<Record<string, number>>
}

export const NO_MEMORY: Memory = { verdicts: [], healthSeconds: {} }

/** All that one round asks: one sample for everything, and the questions side by side with it. */
export interface Round {
  readonly request: SampleRequest
  readonly questions: readonly Question[]
  readonly needs: readonly Needs[]
}

export function planRound(cases: readonly Case[], memory: Memory): Round {
  const needs = cases.map(({ check, settings, subject }) => check.needs(settings, subject))
  const logs = new Map(
    needs.flatMap(({ logs = [] }) => logs.map(({ container, lines }) => [container, lines])),
  )
  return {
    needs,
    questions: needs.flatMap(({ questions = [] }) => questions),
    request: {
      containers: containersOf(cases).map((container) => withHealth(container, memory)),
      commands: needs.flatMap(({ commands = [] }, index) =>
        commands.map((command, place) => ({ ...command, id: commandId(index, place) })),
      ),
      logs: [...logs].map(([container, lines]) => ({ container, lines })),
    },
  }
}

type Watched = { readonly name: string; readonly health?: readonly string[]; readonly ms: number }

function containersOf(cases: readonly Case[]): readonly Watched[] {
  const watched = new Map<string, Watched>()
  for (const { subject, check } of cases) {
    if (subject.definition === undefined && check.kind !== 'container') continue
    const { healthCommand, healthTimeoutMs: ms = 1000 } = subject.definition ?? {}
    for (const name of subject.containers) {
      watched.set(name, { name, ms, ...(healthCommand && { health: healthCommand }) })
    }
  }
  return [...watched.values()]
}

const FIRST_HEALTH_SECONDS = 2

function withHealth(
  { name, health, ms }: Watched,
  { healthSeconds }: Memory,
): SampleRequest['containers'][number] {
  const allowed = healthSeconds[name] ?? FIRST_HEALTH_SECONDS
  return {
    name,
    healthTimeoutSeconds: Math.max(1, Math.min(allowed, Math.ceil(ms / 1000))),
    ...(health && { healthCommand: health }),
  }
}

/**
 * A health command gets little time at first, so that one that hangs does not hide for long that
 * another container has exited; each time it proves too little, twice as much.
 */
function patienceAfter(sample: Sample, request: SampleRequest): Memory['healthSeconds'] {
  return Object.fromEntries(
    request.containers.map(({ name, healthTimeoutSeconds }) => {
      const late = sample.containers[name]?.healthCommand?.code === 124
      return [name, healthTimeoutSeconds * (late ? 2 : 1)]
    }),
  )
}

/** Looks at the state of containers alone, as quickly as that can be done. */
export async function glance(host: Pick<Host, 'sample'>, cases: readonly Case[]): Promise<Sample> {
  const containers = containersOf(cases).map(({ name }) => ({ name, healthTimeoutSeconds: 1 }))
  return host.sample({ containers, commands: [], logs: [] })
}

/** Who is asked, and from where. */
export interface Asking {
  readonly host: Pick<Host, 'sample' | 'ask' | 'run'>
  readonly here: Here
  readonly clock: Pick<Clock, 'monotonic'>
}

/** One whole round: everything is asked once, and judged. */
export async function goRound(
  asking: Asking,
  cases: readonly Case[],
  memory: Memory,
): Promise<Memory> {
  const round = planRound(cases, memory)
  const [sample, told] = await Promise.all([
    asking.host.sample(round.request),
    askAll(asking, { cases, round, memory }),
  ])
  return judgeRound(cases, { round, seen: { sample, ...told }, memory })
}

/** What was answered, and what kinds that ask for themselves have found. */
export type Told = Pick<Seen, 'answers' | 'found' | 'foundAt'>

/** A login, a script or a crawl is no light question: what passed rests for a while. */
const REST_MS = 10_000

export async function askAll(
  asking: Asking,
  { cases, round, memory }: { cases: readonly Case[]; round: Round; memory: Memory },
): Promise<Told> {
  const means = meansOf(asking)
  const now = asking.clock.monotonic()
  const foundAt: Record<number, number> = {}
  const finding = cases.map(async ({ check, settings, subject }, index) => {
    const [before, at] = [memory.verdicts[index], memory.foundAt?.[index]]
    if (before?.verdict === 'pass' && at !== undefined && now - at < REST_MS) {
      foundAt[index] = at
      return before
    }
    const finding = check.find?.(means, settings, subject)
    if (finding !== undefined) foundAt[index] = now
    return finding
  })
  const [answers, found] = await Promise.all([
    Promise.all(round.questions.map((question) => means.ask(question))),
    Promise.all(finding),
  ])
  return { answers, found, foundAt }
}

function meansOf({ host, here }: Asking): Means {
  return {
    ask: (question) => (isHere(question) ? here.ask(question) : host.ask(question)),
    run: (argv) => host.run(argv),
    runScript: here.runScript,
  }
}

function isHere(question: Question): question is HereQuestion {
  return question.through.kind === 'here'
}

export interface Seen {
  readonly sample: Sample
  readonly answers: readonly HttpAnswer[]
  readonly found: readonly (Verdict | undefined)[]
  readonly foundAt: Readonly<Record<number, number>>
}

/** Judges every case by what was seen. */
export function judgeRound(
  cases: readonly Case[],
  { round, seen, memory }: { round: Round; seen: Seen; memory: Memory },
): Memory {
  let asked = 0
  const verdicts = cases.map(({ check, settings, subject }, index) => {
    const needs = round.needs[index] ?? {}
    const first = asked
    asked += needs.questions?.length ?? 0
    const previous = memory.verdicts[index]
    const look: Look = {
      containers: seen.sample.containers,
      commands: (needs.commands ?? []).map((_, at) => seen.sample.commands[commandId(index, at)]),
      logs: (needs.logs ?? []).map(({ container }) => seen.sample.logs[container] ?? []),
      answers: seen.answers.slice(first, asked),
      ...(memory.before && { before: memory.before }),
      ...(previous && { previous }),
    }
    return seen.found[index] ?? check.judge(look, settings, subject)
  })
  const healthSeconds = patienceAfter(seen.sample, round.request)
  const { foundAt } = seen
  return { verdicts, before: seen.sample.containers, healthSeconds, foundAt }
}

/** What the state of containers alone says: whether one has ended; of the rest nothing is known. */
export function judgeGlance(
  cases: readonly Case[],
  { sample, memory }: { sample: Sample; memory: Memory },
): readonly Verdict[] {
  const look: Look = { containers: sample.containers, commands: [], logs: [], answers: [] }
  return cases.map(({ check, settings, subject }, index) =>
    check.kind === 'container'
      ? check.judge(look, settings, subject)
      : (memory.verdicts[index] ?? unknown('was not asked')),
  )
}

function commandId(index: number, place: number): string {
  return `${index}.${place}`
}
