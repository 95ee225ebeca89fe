import type { Host, HttpAnswer, HttpQuestion, Sample, SampleRequest } from '../hosts/host.ts'
import type { Case } from './case.ts'
import { type Look, type Needs, unknown, type Verdict } from './check.ts'

/** What is remembered from one round to the next. */
export interface Memory {
  readonly verdicts: readonly Verdict[]
  readonly before?: Sample['containers']
  /** How long a container's health command may take: see `patienceAfter`. */
  readonly healthSeconds: Readonly<Record<string, number>>
}

export const NO_MEMORY: Memory = { verdicts: [], healthSeconds: {} }

/** All that one round asks: one sample for everything, and the questions side by side with it. */
export interface Round {
  readonly request: SampleRequest
  readonly questions: readonly HttpQuestion[]
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

export interface Seen {
  readonly sample: Sample
  readonly answers: readonly HttpAnswer[]
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
    return check.judge(look, settings, subject)
  })
  const healthSeconds = patienceAfter(seen.sample, round.request)
  return { verdicts, before: seen.sample.containers, healthSeconds }
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
