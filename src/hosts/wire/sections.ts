const NAMES = [
  'facts',
  'epoch',
  'lease',
  'decision',
  'current',
  'release',
  'tokens',
  'containers',
  'made',
  'tasks',
  'networks',
  'volumes',
  'proxy',
  'ports',
  'backup',
  'damaged',
  'problems',
] as const

export type SectionName = (typeof NAMES)[number]

/** `@release r42 good` and the lines below it. */
export interface Section {
  readonly name: SectionName
  readonly words: readonly string[]
  readonly lines: readonly string[]
}

const HEAD = new RegExp(`^@(${NAMES.join('|')})( [A-Za-z0-9_.:@,=+/-]+)*$`)

/** Sections as the kit writes them: a line that begins with `@` and one of their names. */
export function readSections(lines: readonly string[]): readonly Section[] {
  const sections: { name: SectionName; words: string[]; lines: string[] }[] = []
  for (const line of lines) {
    if (HEAD.test(line)) {
      const [name, ...words] = line.slice(1).split(' ')
      sections.push({ name: name as SectionName, words, lines: [] })
    } else sections.at(-1)?.lines.push(line)
  }
  return sections
}

/** The lines of the one section of this name; none where it is missing. */
export function linesOf(sections: readonly Section[], name: SectionName): readonly string[] {
  return sections.find((section) => section.name === name)?.lines ?? []
}

/** A payload of lines. */
export function textOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
}
