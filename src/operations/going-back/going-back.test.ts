import { describe, expect, it } from 'vitest'
import { observedOf, releaseOf } from '../../../tests/support/releases.ts'
import { configOf, stubWorld } from '../../../tests/support/worlds.ts'
import type { TaskRecord } from '../../plan/observed.ts'
import type { Release } from '../../plan/release.ts'
import { rollback } from '../rollback.ts'
import { codeNotes, environmentNotes, schemaNotes } from './what-goes-back.ts'

const commit = (id: string, subject: string) => ({ id: id.repeat(10), subject, dirty: false })
const r1 = releaseOf('r1', { commit: commit('aaaa', 'First') })
const r2 = releaseOf('r2', { commit: commit('bbbb', 'Second') })
const r3 = releaseOf('r3', { commit: commit('cccc', 'Third') })

const keeping = (...releases: Release[]) => ({
  releases: releases.map((release) => ({ id: release.id, mark: 'good' as const, release })),
  previous: 'r2',
})
const seen = observedOf('one', r3, keeping(r1, r2, r3))

const ran = (release: string, before: string, after: string): TaskRecord[] =>
  Object.entries({ 'version-before': before, migrate: '', 'version-after': after }).map(
    ([name, said]) => ({ release, name, state: 'ended', end: 0, said }),
  )

describe('a rollback tells before', () => {
  it('which code it leaves', () => {
    expect(codeNotes(r1, seen).map(({ text }) => text)).toEqual([
      'back to r1 (aaaaaaa: First); it leaves r3 (ccccccc: Third), r2 (bbbbbbb: Second)',
    ])
    const same = releaseOf('r3', { commit: r2.commit! })
    expect(codeNotes(r2, observedOf('one', same, keeping(r2, same)))).toEqual([])
  })

  it('which names have other values, and never a value', () => {
    const file = (key: string, environment: Record<string, string>) => ({
      services: {
        [key]: { labels: { 'belay.service': 'web' }, environment },
        'belay-migrate': { labels: { 'belay.service': 'web' }, environment: { X: 'hidden' } },
      },
    })
    const now = file('web-r3', { SAME: 'x', KEY: 'hunter2', NEW: 'hunter3' })
    const then = file('web-r1', { SAME: 'x', KEY: 'hunter1', OLD: 'hunter0' })
    expect(environmentNotes(now, then, r1)).toEqual([
      {
        level: 'info',
        about: 'environment of web',
        text: 'another value for KEY; without NEW; again with OLD',
      },
    ])
    expect(environmentNotes(now, now, r1)).toEqual([])
  })

  it('that the old code must run on the new schema, where that moved since', () => {
    const tasks = [...ran('r1', '0', 'a1'), ...ran('r2', 'a1', 'a2'), ...ran('r3', 'a2', 'a3')]
    expect(schemaNotes(r1, { ...seen, tasks })).toEqual([
      {
        level: 'warning',
        about: 'database',
        text:
          'migrated by r2, r3 since: the schema is a3, and was a1 with r1; it stays so, and r1 must ' +
          'run on it',
      },
    ])
    expect(schemaNotes(r2, { ...seen, tasks: ran('r3', 'a2', 'a2') })).toEqual([])
    expect(schemaNotes(r2, seen)).toEqual([])
  })
})

describe('a rollback to what is not all there', () => {
  const files = { code: 0, stdout: JSON.stringify({ services: {} }), stderr: '' }

  async function codeOf(images: Record<string, null>, file = files): Promise<unknown> {
    const host = { observed: seen, imageIds: async () => images, run: async () => file }
    const request = { config: configOf(['one']), dryRun: true, steal: false, waitMs: 0 }
    const agree = () => Promise.resolve(true)
    return rollback(stubWorld({ one: host }), { ...request, agree }).then(
      ({ exit }) => exit,
      (error: { code: string; evidence: readonly string[] }) => [error.code, ...error.evidence],
    )
  }

  it('must be refused with what is missing, and where', async () => {
    expect(await codeOf({ 'sha256:1': null })).toEqual([
      'RELEASE_INCOMPLETE',
      'one: the image of web is gone (shop:1, sha256:1)',
    ])
  })

  it('must be refused when its file cannot be read', async () => {
    const facts = { id: 'sha256:1' } as never
    const broken = { code: 1, stdout: '', stderr: 'No such file' }
    expect(await codeOf({ 'sha256:1': facts }, broken)).toEqual([
      'RELEASE_INCOMPLETE',
      'one: its compose.json cannot be read',
    ])
    expect(await codeOf({ 'sha256:1': facts })).toBe(0)
  })
})
