import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { FAULTS } from './faults.ts'
import { CONNECTIONS, PER_SECOND } from './load.ts'
import type { Way } from './way.ts'
import { type FaultRow, faultLine, type GoodRow, goodLine } from './words.ts'

const FILE = 'docs/benchmarks.md'
const HEADING = '## Side by side'

export type Compared = {
  readonly ways: readonly Way[]
  readonly good: readonly GoodRow[]
  readonly faults: readonly FaultRow[]
  readonly runs: number
  readonly minutes: number
  /** Programs that wanted a core before it began, on average. */
  readonly loadBefore: number
}

/** Puts the section into the page, in the place of the one from before. */
export function writeSection(compared: Compared): void {
  const page = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '# Benchmarks\n'
  writeFileSync(FILE, withSection(page, sectionOf(compared)))
}

export function withSection(page: string, section: string): string {
  return `${withoutSection(page).trimEnd()}\n\n${section.trimEnd()}\n`
}

/** This section is the last of its page. */
export function sectionIn(page: string): string | undefined {
  const at = page.indexOf(`\n${HEADING}\n`)
  return at < 0 ? undefined : page.slice(at + 1)
}

function withoutSection(page: string): string {
  const section = sectionIn(page)
  return section === undefined ? page : page.slice(0, page.length - section.length)
}

export function sectionOf({ ways, good, faults, ...about }: Compared): string {
  const { runs, minutes, loadBefore } = about
  const today = new Date().toISOString().slice(0, 10)
  return `${HEADING}

Written by \`npm run bench:peers\`: ${today}, ${Math.round(minutes)} minutes. The same app, the same
servers, the same clients for each: ${CONNECTIONS} keep-alive connections to each server, GET and
POST, ${PER_SECOND} requests a second, and nothing is asked twice. The image is on the servers
already, so that what is timed is deploying. Medians of ${runs}; the shortest and the longest in
brackets. Before it began, ${loadBefore.toFixed(1)} programs wanted a core of the machine.

${ways.map(({ name, about }) => `- **${name}.** ${about}`).join('\n')}

### A good release

| | round trip | the new version serves after | the whole command | lost requests |
|---|---|---|---|---|
${good.map(goodLine).join('\n')}

### Faults

*first* served before; *bad* or *cut off* is the release with the fault, *next* the one that is
deployed after it, with the same command and no other help. Looked at eight seconds after each command.
A release that "never answers" runs and does not listen. What is killed is the deployer and all that
it started on its machine, one second after the new container runs; that one answers after five.

${FAULTS.map(({ title }) => tableOf(title, faults)).join('\n')}`
}

function tableOf(title: string, rows: readonly FaultRow[]): string {
  const ours = rows.filter(({ fault }) => fault.title === title)
  return `**${title[0]?.toUpperCase()}${title.slice(1)}**

| | lost requests | the command | then | lost by the next | the next deployment |
|---|---|---|---|---|---|
${ours.map(faultLine).join('\n')}
`
}
