/** What a coverage file says of the lines of the code. */
export interface Lines {
  /** Lines that the tests reached. */
  readonly hit: number
  /** Lines that could have been reached. */
  readonly found: number
}

/** What a reader makes of a file: lines, or why it says none that can be relied upon. */
export type Read = Lines | { readonly reason: string }

/** A format that coverage is written in, seen by what is in the file. */
export interface CoverageFormat {
  readonly name: string
  /** Whether a text is of this format, be it whole or not. */
  recognises(text: string): boolean
  read(text: string): Read
}

/** Per cent to two places, never rounded up: 69.999 is not 70. */
export function percentOf({ hit, found }: Lines): number {
  return Math.floor((hit * 10_000) / found) / 100
}
