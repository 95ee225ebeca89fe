/** How the toy app of one image behaves, from the start of each of its containers. */
export interface Behaviour {
  /** It listens, and its health command passes, this long after the start. */
  readonly readyMs: number
  /** It exits by itself this long after the start. */
  readonly exitsMs: number
  readonly exitCode: number
  /** What it answers over HTTP. */
  readonly status: number
  /** From SIGTERM to its exit; it listens no more meanwhile. */
  readonly stopMs: number
  /** What it prints before it exits. */
  readonly says?: string
}

const NEVER = Number.POSITIVE_INFINITY

export const HEALTHY: Behaviour = {
  readyMs: 150,
  exitsMs: NEVER,
  exitCode: 0,
  status: 200,
  stopMs: 50,
}

/** The ways in which images go right and wrong. */
export const behaves = {
  healthy: HEALTHY,
  exitsAtOnce: { ...HEALTHY, readyMs: NEVER, exitsMs: 20, exitCode: 1 },
  neverHealthy: { ...HEALTHY, readyMs: NEVER },
  healthyAfter: (readyMs: number): Behaviour => ({ ...HEALTHY, readyMs }),
  answers: (status: number): Behaviour => ({ ...HEALTHY, status }),
  job: (exitCode: number): Behaviour => ({ ...HEALTHY, readyMs: NEVER, exitsMs: 300, exitCode }),
  stopsSlowly: (stopMs: number): Behaviour => ({ ...HEALTHY, stopMs }),
} as const satisfies Record<string, Behaviour | ((value: number) => Behaviour)>

/** What a command line says of itself: `sh -c 'echo bye; exit 3'` exits, and says why. */
export function behaviourOfCommand(command: readonly string[]): Behaviour | undefined {
  const text = command.join(' ')
  const code = /\bexit (\d+)/.exec(text)?.[1]
  const takes = /\bsleep (\d+)/.exec(text)?.[1] ?? '0.02'
  return code === undefined
    ? undefined
    : { ...behaves.job(Number(code)), exitsMs: Number(takes) * 1000 }
}

/** The schema that `schema 3` brings the database to, once it has ended well. */
export function schemaOfCommand(command: readonly string[]): number | undefined {
  const schema = /\bschema (\d+)/.exec(command.join(' '))?.[1]
  return schema === undefined ? undefined : Number(schema)
}

/** What such a command printed. */
export function wordsOfCommand(command: readonly string[]): string[] {
  const said = /\becho ([^;]+)/.exec(command.join(' '))?.[1]
  return said === undefined ? [] : [said.trim()]
}
