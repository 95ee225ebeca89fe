import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Failure } from '../../base/failure.ts'
import type { HostBuild } from '../host.ts'
import { LocalLink } from '../links/local.ts'
import { packBuild } from '../own-workstation/build/pack.ts'
import { Programs } from '../programs.ts'
import type { BuildModel } from '../workstation.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-there-'))
  mkdirSync(join(folder, 'app'))
  put('app/Dockerfile', 'FROM scratch\n')
  put('app/main.js', 'one')
  put('app/notes.md', 'left out')
  put('app/.dockerignore', '*.md\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(path: string, content: string, mode = 0o644): void {
  writeFileSync(join(folder, path), content, { mode })
  chmodSync(join(folder, path), mode)
}

/** A host whose docker is this script: called in the folder that was unpacked. */
function hostWith(docker: string): Programs {
  put('docker', `#!/bin/sh\n${docker}\n`, 0o755)
  const env = { PATH: `${folder}:/usr/bin:/bin` }
  const kit = { command: () => [], bytes: Buffer.alloc(0) }
  const programs = new Programs({
    name: 'a',
    link: new LocalLink({ name: 'a', env, kit }),
    isFar: true,
  })
  programs.meet('root')
  return programs
}

const MODEL: BuildModel = {
  services: { web: { image: 'shop:1', build: { context: '', secrets: [{ source: 'token' }] } } },
  secrets: { token: { environment: 'TOKEN' }, unused: { environment: 'OTHER' } },
}

const CALLER = { PATH: '/usr/bin:/bin', OTHER: 'canary-other' }
const COMMON = { project: 'shop', services: ['web'] }

function packed() {
  const web = { ...MODEL.services['web'], build: contextOf(folder) }
  const model = { ...MODEL, services: { web } }
  const values = { TOKEN: 'canary-token' }
  const onProgress = (): void => undefined
  return packBuild({ env: CALLER }, { ...COMMON, model, commits: new Map(), values, onProgress })
}

async function build(docker: string, over: Partial<HostBuild> = {}) {
  const lines: string[] = []
  const onProgress = (line: string) => void lines.push(line)
  const { archive, remove } = await packed()
  const about = { ...COMMON, features: [], isFromCommit: false, onProgress }
  const building = hostWith(docker).buildImages({ archive, ...about, ...over })
  const failure: Failure | undefined = await building.then(
    () => undefined,
    (error: Failure) => error,
  )
  await remove()
  return { lines, failure }
}

const contextOf = (at: string) => ({
  context: join(at, 'app'),
  dockerfile: 'Dockerfile',
  secrets: [{ source: 'token' }],
})

const LOOK = `[ "$1" = buildx ] && exit
pwd; find . -type f -o -type l | sort; cat build.json; echo; cat secrets/*; echo; echo "words $*"`

describe('a build on a host', () => {
  test('must find what it needs and nothing else, in a folder that is gone afterwards', async () => {
    const { lines, failure } = await build(LOOK)
    expect(failure).toBeUndefined()
    const [at = '', ...rest] = lines
    expect(rest).toEqual([
      './build.json',
      './contexts/0/.dockerignore',
      './contexts/0/Dockerfile',
      './contexts/0/main.js',
      './recipes/1/Dockerfile',
      './recipes/1/Dockerfile.dockerignore',
      './secrets/2',
      JSON.stringify({
        services: {
          web: {
            image: 'shop:1',
            build: {
              context: './contexts/0',
              dockerfile: '../../recipes/1/Dockerfile',
              secrets: [{ source: 'token' }],
            },
          },
        },
        secrets: { token: { file: './secrets/2' } },
      }),
      'canary-token',
      'words compose --project-name shop -f build.json build web',
    ])
    expect(at).toMatch(/^\/var\/tmp\/belay-build\./)
    expect(existsSync(at)).toBe(false)
  })

  test('without buildx must use the builder of old, unless more is asked for', async () => {
    const docker = '[ "$1" = buildx ] && exit 1; echo "kit=$DOCKER_BUILDKIT"'
    expect((await build(docker)).lines).toEqual(['kit=0'])
    const { failure, lines } = await build(docker, { features: ['ssh'] })
    expect(failure).toMatchObject({ code: 'BUILDX_MISSING', exit: 'build' })
    expect(failure?.message).toContain('which a has not: it asks for ssh')
    expect(lines).toEqual([])
  })

  test('that fails must be told with its lines, and leave nothing behind', async () => {
    const { failure, lines } = await build('[ "$1" = buildx ] && exit; pwd; exit 17')
    expect(failure).toMatchObject({ code: 'BUILD_FAILED', exit: 'build', evidence: lines })
    expect(existsSync(lines[0] ?? '')).toBe(false)
  })

  test('whose archive breaks off must fail as the archive did', async () => {
    const archive = Readable.from(
      (async function* broken() {
        yield Buffer.from('half')
        throw new Error('main.js changed while it was read')
      })(),
    )
    const { failure } = await build('exit 0', { archive })
    expect(failure).toMatchObject({ code: 'BUILD_NOT_SENT', exit: 'build' })
    expect(failure?.message).toContain('main.js changed')
  })

  test('of files that are gone meanwhile must fail as such, whoever notices first', async () => {
    put('app/big', 'x'.repeat(5_000_000))
    const { archive, remove } = await packed()
    rmSync(join(folder, 'app'), { recursive: true })
    await remove()
    mkdirSync(join(folder, 'app'))
    for (const name of ['Dockerfile', 'main.js', '.dockerignore']) put(`app/${name}`, '')
    const { failure } = await build('exit 0', { archive })
    expect(failure?.code).toBe('BUILD_NOT_SENT')
  })

  test('must end with an interrupt', async () => {
    const { failure } = await build('exec sleep 20', { signal: AbortSignal.timeout(500) })
    expect(failure).toMatchObject({ code: 'WORK_INTERRUPTED', exit: 'interrupted' })
  })
})

test('an image that a host hands out must be whole, however slowly it is taken', async () => {
  const stream = await hostWith('head -c 3000000 /dev/zero').saveImages(['shop:1'])
  let bytes = 0
  for await (const chunk of stream) {
    // By then the program is gone, and its last words are still on their way.
    if (bytes > 2_500_000) await new Promise((resolve) => setTimeout(resolve, 30))
    bytes += (chunk as Buffer).length
  }
  expect(bytes).toBe(3_000_000)
})

test('one that it cannot hand out must fail as a stream does', async () => {
  const stream = await hostWith('printf half; echo "no such image" >&2; exit 1').saveImages([
    'shop:1',
  ])
  const read = async () => {
    for await (const chunk of stream) expect(String(chunk)).toBe('half')
  }
  await expect(read()).rejects.toMatchObject({
    code: 'HOST_SAVE_FAILED',
    evidence: ['no such image'],
  })
})
