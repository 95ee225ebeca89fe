import { describe, expect, test } from 'vitest'
import type { Failure } from '../../base/failure.ts'
import { BUILD_DEFAULTS } from '../../config/pipeline/build.ts'
import type { ContextOrigin, Workstation } from '../../hosts/workstation.ts'
import { configOf, stubWorld } from '../../../tests/support/worlds.ts'
import type { ServiceImage } from '../draft/images.ts'
import type { Source } from '../draft/source.ts'
import { buildNotes, mustBeBuildable, mustBeCommitted } from './before.ts'

const FACTS = {
  id: 'sha256:1',
  architecture: 'amd64',
  digests: [],
  layers: [],
  volumes: [],
  user: '',
  sizeBytes: 1,
}
const COMMIT: ContextOrigin = { kind: 'commit', commit: 'c0ffee0123', toplevel: '/s', prefix: '' }

interface Given {
  readonly dirty?: readonly string[]
  readonly from?: ContextOrigin
  readonly isBuilt?: boolean
}

function image(
  service: string,
  { dirty = [], from = COMMIT, isBuilt = false }: Given = {},
): ServiceImage {
  const contexts = new Map([['/s', { hash: 'h', dirty, from }]])
  const build = { hash: 'h', section: {}, contexts, bases: new Map() }
  const here = isBuilt ? FACTS : undefined
  return { service, reference: `belay/${service}:h`, build, here, there: new Map() }
}

function failureOf(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    return error as Failure
  }
  return expect.unreachable()
}

describe('what is not committed', () => {
  test('must be refused although the image is there: it would be missing in it', () => {
    const dirty = ['a.js', 'b.js', 'c.js', 'd.js', 'e.js', 'f.js', 'g.js']
    const images = [image('web', { dirty, isBuilt: true }), image('worker', { isBuilt: true })]
    const failure = failureOf(() => mustBeCommitted(images, { dirty: false }))
    expect(failure).toMatchObject({ code: 'TREE_DIRTY', exit: 'unavailable' })
    expect(failure.message).toBe(
      'web would be built without what is not committed: a.js, b.js, c.js, d.js, e.js and 2 more',
    )
    expect(failure.hint).toContain('--dirty')
  })

  test('must be let through where that is asked for, and where nothing is built', () => {
    mustBeCommitted([image('web', { dirty: ['a.js'] })], { dirty: true })
    mustBeCommitted([{ ...image('web'), build: undefined }], { dirty: false })
  })
})

describe('the plan', () => {
  const config = configOf(['a'])
  test('must say from what is built, once for all that are built from it', () => {
    const gone: ContextOrigin = { kind: 'folder', because: 'no-git' }
    const images = [
      image('web'),
      image('worker'),
      image('old', { from: gone }),
      image('there', { isBuilt: true }),
    ]
    expect(buildNotes(images, config).map(({ about, text }) => `${about}: ${text}`)).toEqual([
      'web, worker: built here from a clean checkout of commit c0ffee0',
      'old: built here from the folder as it lies: it is not in git, or nothing is committed yet',
    ])
    const there = { ...config, build: { ...BUILD_DEFAULTS, on: 'lab1' } }
    expect(buildNotes([image('web')], there)[0]?.text).toContain('built on lab1 from')
    expect(buildNotes([image('web', { isBuilt: true })], config)).toEqual([])
  })

  test('must warn of what is not as it was committed, built or not', () => {
    const [note] = buildNotes([image('web', { dirty: ['a.js'], isBuilt: true })], config)
    expect(note).toEqual({
      level: 'warning',
      about: 'build',
      text: 'not as it was committed: a.js',
    })
  })
})

describe('a build that cannot be done', () => {
  const world = (reason: string | undefined) =>
    stubWorld({}, { workstation: { whyNoDocker: async () => reason } as unknown as Workstation })
  const at = { line: 4, column: 7 }
  const argument = {
    service: 'web',
    name: 'TOKEN',
    variable: 'NPM_TOKEN',
    file: 'compose.yaml',
    at,
  }
  const source = { outsideArguments: [argument] } as unknown as Source
  const nothing = { outsideArguments: [] as unknown[] } as unknown as Source

  test('must be told before anything is asked, unless a host builds', async () => {
    const images = [image('web')]
    await expect(
      mustBeBuildable(world('no docker'), configOf(['a']), { images, source: nothing }),
    ).rejects.toMatchObject({ code: 'DOCKER_MISSING_HERE' })
    const there = configOf(['a'], { build: { ...BUILD_DEFAULTS, on: 'a' } })
    await mustBeBuildable(world('no docker'), there, { images, source: nothing })
    await mustBeBuildable(world('x'), configOf(['a']), {
      images: [image('web', { isBuilt: true })],
      source,
    })
  })

  test('for a secret in an argument must name place, argument and variable', async () => {
    const images = [image('web')]
    await expect(
      mustBeBuildable(world(undefined), configOf(['a']), { images, source }),
    ).rejects.toMatchObject({
      code: 'SECRET_IN_ARGUMENT',
      exit: 'input',
      message:
        'compose.yaml:4:7: services.web.build.args.TOKEN comes from ${NPM_TOKEN}, and stays readable ' +
        'in the image',
    })
    for (const over of [{ publicArgs: ['TOKEN'] }, { args: { TOKEN: 'plain' } }]) {
      const config = configOf(['a'], { build: { ...BUILD_DEFAULTS, ...over } })
      await mustBeBuildable(world(undefined), config, { images, source })
    }
  })
})
