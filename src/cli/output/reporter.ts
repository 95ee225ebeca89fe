import type { Tell } from '../../base/event.ts'
import type { Style } from './style.ts'

/** What a command that reads has to say: data for programs, and how people want to read it. */
export interface Answer<T> {
  /** Names the shape of `data` for programs: `status`, `history`, … */
  readonly of: string
  readonly data: T
  /** Called with data that is free of secrets and control characters. */
  readonly render: (data: T, page: Page) => readonly string[]
}

export interface Page {
  readonly style: Style
  readonly columns: number
}

/** Turns what happens into words, or into JSON. Answers go to stdout, progress to stderr. */
export interface Reporter {
  readonly tell: Tell
  readonly answer: <T>(answer: Answer<T>) => void
  /** Lets `question` have the terminal to itself. */
  readonly aside: <T>(question: () => Promise<T>) => Promise<T>
  /** A line for people only. */
  readonly remark: (text: string) => void
  readonly close: () => void
}
