import { describe, expect, test } from 'vitest'
import type { AppConfig } from '../../config/app-config.ts'
import { BUILD_DEFAULTS } from '../../config/pipeline/build.ts'
import type { ContextOrigin } from '../../hosts/workstation.ts'
import type { ComposeBuild, ComposeModel } from '../../plan/compose-model.ts'
import { configOf } from '../../../tests/support/worlds.ts'
import type { Source } from '../draft/source.ts'
import type { ServiceBuild } from './inputs.ts'
import { buildModel } from './model.ts'

const ID = 'c0ffee0123456789c0ffee0123456789c0ffee01'
const COMMIT: ContextOrigin = { kind: 'commit', commit: ID, toplevel: '/shop', prefix: '' }
const FOLDER: ContextOrigin = { kind: 'folder', because: 'asked' }
const CREATED = '2026-11-21T07:48:00Z'

interface Given {
  readonly section?: ComposeBuild
  readonly from?: ContextOrigin
  readonly settings?: Partial<AppConfig['build']>
  readonly image?: string
  readonly origin?: string
  readonly commit?: Source['commit']
  readonly model?: Partial<ComposeModel>
}

const AT = { id: ID, subject: 'x', branch: 'main', dirty: false }

function made(given: Given = {}) {
  const { section = {}, from = COMMIT, settings = {}, image, origin } = given
  const build: ServiceBuild = {
    hash: 'h',
    section: { context: '/shop', ...section },
    contexts: new Map([['/shop', { hash: 'h', dirty: [], from }]]),
    bases: new Map([['base', { context: '/base' }]]),
  }
  const services = { web: image === undefined ? {} : { image } }
  const commit = 'commit' in given ? given.commit : AT
  const source = { model: { services, ...given.model }, commit } as unknown as Source
  const config = configOf(['a'], { build: { ...BUILD_DEFAULTS, ...settings } })
  const around = { config, source, created: CREATED, origin }
  return buildModel([{ service: 'web', reference: 'belay/shop/web:build-h', build }], around)
}

const web = (given: Given = {}) => made(given).model.services['web']?.build ?? expect.unreachable()

describe('what is handed to the builder', () => {
  test('must have the chosen name, the bases, the secrets, and the commits to check out', () => {
    const secrets = { token: { environment: 'TOKEN' } }
    const { model, commits } = made({ model: { secrets } })
    expect(model.services['web']?.image).toBe('belay/shop/web:build-h')
    expect(model.services['base']).toEqual({ build: { context: '/base' } })
    expect(model.secrets).toEqual(secrets)
    expect([...commits]).toEqual([['/shop', COMMIT]])
    expect([...made({ from: FOLDER }).commits]).toEqual([])
  })

  test('must be labelled with date, commit and source; the user’s own labels win', () => {
    const key = 'org.opencontainers.image'
    expect(web({ origin: 'https://example.com/a$b' }).labels).toEqual({
      [`${key}.created`]: CREATED,
      [`${key}.revision`]: ID,
      [`${key}.source`]: 'https://example.com/a$$b',
    })
    const labels = { [`${key}.source`]: 'mine', team: 'shop' }
    expect(web({ section: { labels }, origin: 'x' }).labels).toMatchObject(labels)
  })

  test('must say of what is not only the commit that it is dirty, and of no commit nothing', () => {
    const revision = (given: Given) => web(given).labels?.['org.opencontainers.image.revision']
    expect(revision({ from: FOLDER })).toBe(`${ID}-dirty`)
    expect(revision({ from: FOLDER, commit: undefined })).toBeUndefined()
  })

  test.each<[string, Given, readonly string[] | undefined]>([
    ['the short commit', {}, ['belay/shop/web:c0ffee0']],
    [
      'that and more',
      { settings: { tags: ['latest'] } },
      ['c0ffee0', 'latest'].map((t) => `belay/shop/web:${t}`),
    ],
    ['no commit that it is not', { from: FOLDER }, undefined],
    [
      'the name in the compose file',
      { image: 'r.example.com:5000/shop/web:1' },
      ['r.example.com:5000/shop/web:c0ffee0'],
    ],
    ['that name without digest', { image: 'shop@sha256:0' }, ['shop:c0ffee0']],
    ['tags of its own', { section: { tags: ['mine:1'] }, from: FOLDER }, ['mine:1']],
  ])('must be tagged with %s', (_, given, tags) => {
    expect(web(given).tags).toEqual(tags)
  })

  test('must have its placeholders filled, and other braces left alone', () => {
    const args = {
      A: '{commit}',
      B: 'v-{short-commit}-{branch}',
      C: '{created}',
      D: '{x}',
      E: null,
    }
    expect(web({ section: { args } }).args).toEqual({
      A: ID,
      B: 'v-c0ffee0-main',
      C: CREATED,
      D: '{x}',
      E: null,
    })
    expect(web({ section: { args }, from: FOLDER }).args).toMatchObject({
      A: `${ID}-dirty`,
      B: 'v-c0ffee0-dirty-main',
    })
    const outside = { section: { args }, from: FOLDER, commit: undefined }
    expect(web(outside).args).toMatchObject({ A: 'unknown', B: 'v-unknown-unknown' })
  })
})
