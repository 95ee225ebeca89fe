import { describe, expect, test } from 'vitest'
import type { AppConfig } from '../../config/app-config.ts'
import { BUILD_DEFAULTS } from '../../config/pipeline/build.ts'
import type { BuildContext, ContextRequest, Workstation } from '../../hosts/workstation.ts'
import type { ComposeBuild } from '../../plan/compose-model.ts'
import { configOf, stubWorld } from '../../../tests/support/worlds.ts'
import { BuildInputs, type ServiceBuild } from './inputs.ts'

const COMMIT = { kind: 'commit', commit: 'c0ffee', toplevel: '/shop', prefix: '' } as const

/** Contexts whose hash is their path, and what was read of them. */
function reading(builds: Readonly<Record<string, ComposeBuild>>, over: Partial<AppConfig> = {}) {
  const asked: ContextRequest[] = []
  const readBuildContext = async (request: ContextRequest): Promise<BuildContext> => {
    asked.push(request)
    return { hash: request.folder, dirty: [], from: COMMIT }
  }
  const workstation = { readBuildContext } as unknown as Workstation
  const services = Object.entries(builds).map(([name, build]) => [name, { build }] as const)
  const inputs = new BuildInputs(stubWorld({}, { workstation }), {
    config: configOf(['a'], over),
    model: { services: Object.fromEntries(services) },
    asItLies: false,
  })
  return { inputs, asked }
}

async function built(build: ComposeBuild, over: Partial<AppConfig> = {}): Promise<ServiceBuild> {
  const found = await reading({ web: build }, over).inputs.of('web')
  return found ?? expect.unreachable()
}

const hash = async (build: ComposeBuild = {}, over: Partial<AppConfig> = {}): Promise<string> =>
  (await built({ context: '/shop', dockerfile: 'Dockerfile', ...build }, over)).hash

const settings = (over: Partial<AppConfig['build']>) => ({ build: { ...BUILD_DEFAULTS, ...over } })

describe('the identity of a build', () => {
  test.each<[string, ComposeBuild, Partial<AppConfig>]>([
    ['an argument', { args: { A: 'b' } }, {}],
    ['a stage', { target: 'x' }, {}],
    ['a platform', { platforms: ['linux/arm64'] }, {}],
    ['a label', { labels: { a: 'b' } }, {}],
    ['another recipe', { dockerfile: 'Other' }, {}],
    ['a setting of any kind', { network: 'host' }, {}],
    ['what belay.yaml says', {}, settings({ args: { A: 'b' } })],
    ['another folder beside it', { additional_contexts: { base: '/base' } }, {}],
  ])('must be another with %s', async (_, build, over) => {
    expect(await hash(build, over)).not.toBe(await hash())
  })

  test.each<[string, ComposeBuild, Partial<AppConfig>]>([
    ['a cache', { cache_from: ['x'], cache_to: ['y'] }, settings({ cacheFrom: ['z'] })],
    ['more names', { tags: ['shop:1'] }, settings({ tags: ['latest'] })],
    ['another place to build', {}, settings({ on: 'a' })],
  ])('must be the same with %s', async (_, build, over) => {
    expect(await hash(build, over)).toBe(await hash())
  })

  test('must not depend on the order of keys', async () => {
    const one = await built({ context: '/shop', target: 'x', network: 'host' })
    const other = await built({ network: 'host', context: '/shop', target: 'x' })
    expect(one.hash).toBe(other.hash)
  })

  test('must follow that of a service it is built upon, and its contexts come along', async () => {
    const base = (target: string) => ({
      web: { context: '/web', additional_contexts: { base: 'service:base' } },
      base: { context: '/base', target },
    })
    const [one, other] = await Promise.all(
      ['x', 'y'].map((target) => reading(base(target)).inputs.of('web')),
    )
    expect(one?.hash).not.toBe(other?.hash)
    expect([...(one?.contexts.keys() ?? [])].sort()).toEqual(['/base', '/web'])
    expect([...(one?.bases ?? [])]).toEqual([['base', { context: '/base', target: 'x' }]])
  })

  test('must be found although services are built upon each other in a ring', async () => {
    const upon = (name: string) => ({
      context: '/x',
      additional_contexts: { b: `service:${name}` },
    })
    expect(await reading({ a: upon('b'), b: upon('a') }).inputs.of('a')).toBeDefined()
  })
})

test('a context of several services must be read once, and one with dollars as it is called', async () => {
  const { inputs, asked } = reading({
    web: { context: '/a$$b' },
    worker: { context: '/a$$b' },
    inline: { context: '/a$$b', dockerfile_inline: 'FROM x' },
  })
  await Promise.all(['web', 'worker', 'inline', 'unknown'].map((name) => inputs.of(name)))
  expect(asked).toEqual([
    { folder: '/a$b', recipe: 'Dockerfile', asItLies: false },
    { folder: '/a$b', recipe: undefined, asItLies: false },
  ])
})

test('what belay.yaml says must win: maps name by name, the rest as a whole, dollars kept', async () => {
  const cached = { cache_from: ['here'], cache_to: ['there'] }
  const args = { A: 'one', B: 'two' }
  const written = { args, platforms: ['linux/amd64'], target: 'x', ...cached }
  const over = settings({
    args: { B: '$three' },
    platforms: ['linux/arm64'],
    labels: { l: 'm' },
    cacheFrom: ['type=registry,ref=r.io/a$b'],
  })
  const { section } = await built({ context: '/shop', ...written }, over)
  expect(section).toEqual({
    context: '/shop',
    args: { A: 'one', B: '$$three' },
    platforms: ['linux/arm64'],
    labels: { l: 'm' },
    target: 'x',
    cache_from: ['type=registry,ref=r.io/a$$b'],
    cache_to: ['there'],
  })
})
