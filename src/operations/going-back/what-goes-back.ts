import { byAge } from '../../base/names.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Note } from '../../plan/plan.ts'
import type { Release } from '../../plan/release.ts'
import { schemaChangeOf } from '../migrate/schema.ts'

/** Which code a rollback leaves: what was deployed since, the newest first. */
export function codeNotes(target: Release, { releases, current }: Observed): Note[] {
  const since = releases
    .filter(({ id, mark }) => mark === 'good' && isSince(id, target.id, current))
    .map(({ release }) => release)
    .sort((a, b) => byAge(b.id, a.id))
    .filter(({ commit }) => commit?.id !== target.commit?.id)
  if (since.length === 0) return []
  const leaving = since.map((release) => `${release.id}${commitOf(release)}`).join(', ')
  const text = `back to ${target.id}${commitOf(target)}; it leaves ${leaving}`
  return [{ level: 'info', about: 'code', text }]
}

function commitOf({ commit }: Release): string {
  if (commit === undefined) return ''
  const dirty = commit.dirty ? ' and more' : ''
  return ` (${commit.id.slice(0, 7)}${dirty}: ${commit.subject})`
}

/** Going forward again after a rollback leaves nothing; the number says which is newer. */
function isSince(id: string, target: string, current: string | undefined): boolean {
  return byAge(id, target) > 0 && current !== undefined && byAge(id, current) <= 0
}

/** Which names have another value, or none; values are never shown. */
export function environmentNotes(
  now: ComposeModel,
  then: ComposeModel,
  { services }: Release,
): Note[] {
  return services.flatMap(({ name }) => {
    const [from, to] = [valuesOf(now, name), valuesOf(then, name)]
    if (from === undefined || to === undefined) return []
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    const parts = [
      part(
        'another value for',
        names.filter((key) => key in from && key in to && from[key] !== to[key]),
      ),
      part(
        'without',
        names.filter((key) => !(key in to)),
      ),
      part(
        'again with',
        names.filter((key) => !(key in from)),
      ),
    ].filter((text) => text !== '')
    if (parts.length === 0) return []
    return [{ level: 'info', about: `environment of ${name}`, text: parts.join('; ') }]
  })
}

function part(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${what} ${names.join(', ')}`
}

/** A service is called `web-r42` in the release's file, and known there by Belay's label. */
function valuesOf(
  { services }: ComposeModel,
  wanted: string,
): Readonly<Record<string, string | null>> | undefined {
  const found = Object.entries(services).find(
    ([key, { labels }]) => labels?.['belay.service'] === wanted && !key.startsWith('belay-'),
  )
  return found && (found[1].environment ?? {})
}

/** Code goes back, and what was migrated since does not. */
export function schemaNotes(target: Release, { tasks, releases, current }: Observed): Note[] {
  const since = releases
    .filter(({ id }) => isSince(id, target.id, current))
    .sort((a, b) => byAge(a.id, b.id))
    .flatMap(({ id }) => schemaChangeOf(tasks, id) ?? [])
    .filter(
      ({ before, after, undo }) => undo !== 'done' && (after === undefined || before !== after),
    )
  const last = since.at(-1)
  if (last === undefined) return []
  const by = since.map(({ release }) => release).join(', ')
  const then = since[0]?.before
  const is = last.after === undefined ? '' : `: the schema is ${last.after}`
  const was = then === undefined ? '' : `, and was ${then} with ${target.id}`
  const text = `migrated by ${by} since${is}${was}; it stays so, and ${target.id} must run on it`
  return [{ level: 'warning', about: 'database', text }]
}
