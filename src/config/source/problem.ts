/** One mistake in a file, ready to be told: where, what is wrong, what is allowed. */
export interface Problem {
  /** Absent when the mistake is that something is not there at all. */
  readonly at?: Position
  /** As users would say it: `services.web.routes[0].port`. */
  readonly path: string
  readonly text: string
  /** The lines around it, for a file that cannot be read at all. */
  readonly frame?: readonly string[]
}

/** Both count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** `belay.yaml:12:5  …`, with the code frame below where there is one. */
export function problemLines(file: string, problem: Problem): readonly string[] {
  const { at, text, frame } = problem
  const place = at === undefined ? file : `${file}:${at.line}:${at.column}`
  return [`${place}  ${text}`, ...(frame ?? [])]
}

/** In the order of the file, each told once. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const distinct = new Map(
    problems.map((problem) => [
      `${problem.at?.line}:${problem.at?.column} ${problem.text}`,
      problem,
    ]),
  )
  return [...distinct.values()].sort(
    (a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  )
}

/** The line of a position and the one before it, with a mark below the column. */
export function codeFrame(source: string, at: Position): readonly string[] {
  const lines = source.split('\n')
  const width = String(at.line).length
  const shown = [at.line - 1, at.line].filter((line) => line >= 1 && line <= lines.length)
  // A tab would move the mark; of a very long line only the part around the mark is shown.
  const start = Math.max(0, at.column - FRAME_WIDTH)
  const text = (line: number) =>
    (lines[line - 1] ?? '').slice(start, start + FRAME_WIDTH + 20).replaceAll(/[\t\r]/g, ' ')
  return [
    ...shown.map((line) => `  ${String(line).padStart(width)} | ${text(line)}`),
    `  ${' '.repeat(width)} | ${' '.repeat(at.column - 1 - start)}^`,
  ]
}

const FRAME_WIDTH = 80
