import type { Clock } from '../../src/base/clock.ts'
import type {
  CommandResult,
  ContainerSample,
  Host,
  HttpAnswer,
  HttpQuestion,
  RunResult,
  Sample,
  SampleRequest,
} from '../../src/hosts/host.ts'

/** How the host looks at a moment, in milliseconds since the script began. */
export interface Script {
  readonly container?: (name: string, ms: number) => Partial<ContainerSample>
  readonly command?: (argv: readonly string[], ms: number) => Partial<CommandResult>
  readonly logs?: (name: string, ms: number) => readonly string[]
  /** What a program of the host prints. */
  readonly run?: (argv: readonly string[], ms: number) => Partial<RunResult>
  readonly answer?: (question: HttpQuestion, ms: number) => HttpAnswer
  /** How long an answer lets wait. */
  readonly answerAfterMs?: (ms: number) => number
  /** What a look at the containers ends with instead of an answer. */
  readonly fails?: (ms: number) => Error | undefined
  /** How long such a look takes. */
  readonly failsAfterMs?: number
  /** How long a health command takes; it is cut off when its time is up. */
  readonly healthTakesMs?: (name: string) => number
}

/** A host that does nothing but look as its script says. */
export class ScriptedHost implements Pick<Host, 'name' | 'sample' | 'ask' | 'run'> {
  readonly name = 'lab1'
  readonly samples: SampleRequest[] = []
  readonly questions: HttpQuestion[] = []
  readonly #clock: Clock
  readonly #begun: number
  readonly #script: Script

  constructor(clock: Clock, script: Script) {
    this.#clock = clock
    this.#begun = clock.monotonic()
    this.#script = script
  }

  async sample(request: SampleRequest): Promise<Sample> {
    this.samples.push(request)
    const { container, command, logs, healthTakesMs } = this.#script
    const late = new Set<string>()
    await Promise.all(
      request.containers.map(async ({ name, healthCommand, healthTimeoutSeconds }) => {
        const takes = healthCommand === undefined ? 0 : (healthTakesMs?.(name) ?? 0)
        if (takes > healthTimeoutSeconds * 1000) late.add(name)
        if (takes > 0) await this.#clock.sleep(Math.min(takes, healthTimeoutSeconds * 1000))
      }),
    )
    const ms = this.#passed()
    const error = this.#script.fails?.(ms)
    if (error !== undefined) {
      await this.#clock.sleep(this.#script.failsAfterMs ?? 0)
      throw error
    }
    return {
      containers: Object.fromEntries(
        request.containers.map(({ name }) => {
          const cut = late.has(name) ? { healthCommand: { code: 124, output: '' } } : {}
          return [name, { ...RUNNING, ...container?.(name, ms), ...cut }]
        }),
      ),
      commands: Object.fromEntries(
        request.commands.map(({ id, argv }) => [id, { ...DONE, ...command?.(argv, ms) }]),
      ),
      logs: Object.fromEntries(
        request.logs.map(({ container, lines }) => [
          container,
          (logs?.(container, ms) ?? []).slice(-lines),
        ]),
      ),
    }
  }

  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    this.questions.push(question)
    const wait = this.#script.answerAfterMs?.(this.#passed()) ?? 0
    if (wait > 0) await this.#clock.sleep(wait)
    return this.#script.answer?.(question, this.#passed()) ?? answered(200)
  }

  async run(argv: readonly string[]): Promise<RunResult> {
    return { code: 0, stdout: '', stderr: '', ...this.#script.run?.(argv, this.#passed()) }
  }

  #passed(): number {
    return this.#clock.monotonic() - this.#begun
  }
}

const DONE: CommandResult = { code: 0, output: '' }

export const RUNNING: ContainerSample = {
  state: 'running',
  exitCode: 0,
  outOfMemory: false,
  restarts: 0,
  health: 'none',
  lastLines: [],
}

export function answered(
  status: number,
  { body = '', headers = {}, durationMs = 5, ...more }: Partial<Answered> = {},
): Answered {
  return { ...more, kind: 'answered', status, headers, body, durationMs }
}

export type Answered = Extract<HttpAnswer, { kind: 'answered' }>
export type NotAsked = Extract<HttpAnswer, { kind: 'not-asked' }>

export function notAsked(why: NotAsked['why'], reason = 'connection refused'): NotAsked {
  return { kind: 'not-asked', why, reason }
}
