import { styleText } from 'node:util'

/** Colours only underline words: everything can be read without them. */
export interface Style {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly odd: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

const same = (text: string): string => text

export const PLAIN: Style = { good: same, bad: same, odd: same, faint: same, strong: same }

const paint =
  (format: 'green' | 'red' | 'yellow' | 'dim' | 'bold') =>
  (text: string): string =>
    styleText(format, text, { validateStream: false })

export const COLOURED: Style = {
  good: paint('green'),
  bad: paint('red'),
  odd: paint('yellow'),
  faint: paint('dim'),
  strong: paint('bold'),
}

/** Colours belong to a terminal whose owner has not switched them off. */
export function styleFor(where: {
  readonly isTerminal: boolean
  readonly wanted: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}): Style {
  const refused = !where.wanted || (where.env.NO_COLOR ?? '') !== '' || where.env.TERM === 'dumb'
  return where.isTerminal && !refused ? COLOURED : PLAIN
}
