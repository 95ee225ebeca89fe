import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Failure } from '../../base/failure.ts'
import type { ComposeBuild } from '../../plan/compose-model.ts'
import type { BuildRequest } from '../workstation.ts'
import { ownWorkstation } from './own-workstation.ts'

let folder: string
let env: Record<string, string>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-here-'))
  env = {
    PATH: `${folder}:/usr/bin:/bin`,
    HOME: folder,
    DOCKER_HOST: 'unix:///x',
    AWS_SECRET_ACCESS_KEY: 'not for compose',
    COMPOSE_PROFILES: 'theirs',
    BUILDKIT_PROGRESS: 'plain',
    https_proxy: 'http://proxy',
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Stands in for docker: notes how it was called, then does what the test says. */
function docker(script: string): void {
  const text = `#!/bin/sh
printf '%s\\n' "$*" >>${folder}/calls
env >${folder}/env
${script}
`
  writeFileSync(join(folder, 'docker'), text)
  chmodSync(join(folder, 'docker'), 0o755)
}

const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
const here = (signal?: AbortSignal) => ownWorkstation({ env, ...(signal ? { signal } : {}) })
const request = () => ({
  directory: folder,
  files: ['compose.yaml', 'more.yaml'],
  profiles: ['web'],
  project: 'shop',
  envFile: '.env.production',
  values: { TOKEN: 'hunter2-hunter2', DOCKER_TAG: 'v1' },
})
const building = (progress: string[] = [], build: ComposeBuild = {}): BuildRequest => ({
  project: 'shop',
  services: ['web'],
  model: { services: { web: { image: 'belay/shop/web:build-1', build } } },
  commits: new Map(),
  values: { TOKEN: 'hunter2-hunter2' },
  onProgress: (line: string) => void progress.push(line),
})
const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => expect.unreachable(),
    (error: Failure) => error,
  )

const image = (id: string): string => JSON.stringify({ Id: id, Architecture: 'amd64' })

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

describe('the compose file', () => {
  test('compose must be called with files, profiles, project and env file', async () => {
    docker(`echo '{"name":"shop","services":{"web":{"image":"a"}}}'`)
    const model = await here().composeConfig(request())
    expect(model).toEqual({ name: 'shop', services: { web: { image: 'a' } } })
    expect(calls()).toEqual([
      'compose --project-name shop -f compose.yaml -f more.yaml --profile web ' +
        '--env-file .env.production config --format json',
    ])
  })

  test('compose must see the values and the caller, not its switches; argv no secret', async () => {
    docker(`echo '{"services":{}}'`)
    await here().composeConfig(request())
    const seen = readFileSync(join(folder, 'env'), 'utf8')
    expect(seen).toContain('TOKEN=hunter2-hunter2')
    expect(seen).toContain('DOCKER_HOST=unix:///x')
    expect(seen).not.toMatch(/COMPOSE_/)
    expect(calls().join()).not.toContain('hunter2')
  })

  test('what compose refuses must lead to the line', async () => {
    const unknown = 'services.web Additional property imag is not allowed'
    writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web:\n    imag: a\n')
    writeFileSync(join(folder, 'more.yaml'), 'services: {}\n')
    const said = `validating ${folder}/compose.yaml: ${unknown}`
    docker(`echo '${said}' >&2; exit 15`)
    const failure = await failureOf(here().composeConfig(request()))
    expect(failure).toMatchObject({ code: 'COMPOSE_INVALID', exit: 'input', evidence: [said] })
    expect(failure.message).toBe(`${folder}/compose.yaml:3:5: ${unknown}`)
  })

  test.each([
    ['', 'there is no docker command'],
    [
      `echo "docker: 'compose' is not a docker command." >&2; exit 1`,
      'compose (version 2) is missing',
    ],
    [`echo "unknown shorthand flag: 'f' in -f" >&2; exit 125`, 'compose (version 2) is missing'],
  ])('a machine without compose must be told so: %j', async (script, reason) => {
    if (script === '') env['PATH'] = folder
    else docker(script)
    const failure = await failureOf(here().composeConfig(request()))
    expect(failure).toMatchObject({ code: 'DOCKER_MISSING_HERE', exit: 'unavailable' })
    expect(failure.message).toContain(reason)
  })
})

describe('building', () => {
  test('each image must get its name, and the lines must be progress', async () => {
    docker('for word; do case $word in *build.json) cat "$word" ;; esac; done; echo "#1 done" >&2')
    const progress: string[] = []
    await here().build(building(progress))
    expect(progress).toContain(
      '{"services":{"web":{"image":"belay/shop/web:build-1","build":{"context":"."}}}}',
    )
    expect(progress).toContain('#1 done')
    expect(calls()).toEqual([
      'buildx version',
      expect.stringMatching(/^compose --project-name shop -f \S+build\.json build web$/),
    ])
    expect(readFileSync(join(folder, 'env'), 'utf8')).toMatch(/https_proxy=|BUILDKIT_PROGRESS/)
  })

  const NO_BUILDX = "docker: 'buildx' is not a docker command."
  const WITHOUT_BUILDX = `case "$*" in buildx*) echo "${NO_BUILDX}" >&2; exit 1 ;; esac`

  test('without buildx the builder of old must be asked for, as newer composes need it said', async () => {
    docker(`${WITHOUT_BUILDX}; echo "kit=$DOCKER_BUILDKIT"`)
    const progress: string[] = []
    await here().build(
      building(progress, { args: { A: 'b' }, target: 'x', cache_from: ['shop:1'] }),
    )
    expect(progress).toContain('kit=0')
  })

  test('with buildx nothing must be said of it', async () => {
    docker('echo "kit=$DOCKER_BUILDKIT"')
    const progress: string[] = []
    await here().build(building(progress))
    expect(progress).toContain('kit=')
  })

  test('what only buildx can do must be refused without it, all of it named', async () => {
    docker(WITHOUT_BUILDX)
    const wants = {
      platforms: ['linux/arm64'],
      secrets: [{ source: 'token' }],
      ssh: ['default'],
      cache_from: ['type=gha'],
      cache_to: ['type=gha'],
      additional_contexts: { base: '/x' },
      dockerfile_inline: 'FROM x',
      privileged: true,
    }
    const failure = await failureOf(here().build(building([], wants)))
    expect(failure).toMatchObject({ code: 'BUILDX_MISSING', exit: 'build' })
    expect(failure.message).toBe(
      'building web needs docker buildx, which this machine has not: it asks for platforms, secrets, ' +
        'ssh, cache.to, cache.from with a type, additional_contexts, dockerfile_inline, privileged',
    )
    expect(calls()).toEqual(['buildx version'])
  })

  test('values must be in the environment, for secrets of the build, and in no argv', async () => {
    docker('echo "token=$TOKEN"')
    const progress: string[] = []
    await here().build(building(progress))
    expect(progress).toContain('token=hunter2-hunter2')
    expect(calls().join()).not.toContain('hunter2')
  })

  test('nothing must be left of what was put aside for it', async () => {
    docker(
      'for word; do case $word in *build.json) stat -c %a "$word"; dirname "$word" ;; esac; done; exit 1',
    )
    const progress: string[] = []
    await failureOf(here().build(building(progress)))
    expect(progress[0]).toBe('600')
    expect(existsSync(progress[1] ?? '')).toBe(false)
  })

  test('a build that fails must end with its last lines', async () => {
    docker('for n in $(seq 50); do echo "line $n"; done; exit 17')
    const failure = await failureOf(here().build(building()))
    expect(failure).toMatchObject({ code: 'BUILD_FAILED', exit: 'build' })
    expect(failure.evidence.length).toBe(30)
    expect(failure.evidence.at(-1)).toBe('line 50')
  })

  test('a daemon that is down must be told as such', async () => {
    docker('echo "Cannot connect to the Docker daemon at unix:///x. Is it running?" >&2; exit 1')
    expect((await failureOf(here().build(building()))).code).toBe('DOCKER_MISSING_HERE')
  })

  test('an interrupt must end the build', async () => {
    docker('exec sleep 20')
    const failure = await failureOf(here(AbortSignal.timeout(200)).build(building()))
    expect(failure).toMatchObject({ code: 'WORK_INTERRUPTED', exit: 'interrupted' })
  })
})

describe('images', () => {
  test('they must be asked for at once, and one by one only where one is missing', async () => {
    docker(`echo '${image('1')}'; echo '${image('2')}'`)
    expect(await here().imageFacts(['a', 'b'])).toMatchObject({ a: { id: '1' }, b: { id: '2' } })
    expect(calls().length).toBe(1)
    docker(`case "$*" in *a) echo '${image('1')}' ;; *) echo No such image >&2; exit 1 ;; esac`)
    expect(await here().imageFacts(['a', 'b'])).toMatchObject({ a: { id: '1' }, b: null })
    expect(await here().imageFacts([])).toEqual({})
  })

  test('none must be known where no Docker answers', async () => {
    docker('echo Cannot connect to the Docker daemon >&2; exit 1')
    expect(await here().imageFacts(['a', 'b'])).toEqual({ a: null, b: null })
  })

  test('a saved archive must be the bytes of docker, or fail as a stream does', async () => {
    docker('printf "tar of $*"')
    expect(await readAll(here().saveImages(['a', 'b']))).toBe('tar of save -- a b')
    docker('printf half; echo "no such image" >&2; exit 1')
    expect(await failureOf(readAll(here().saveImages(['a'])))).toMatchObject({
      code: 'IMAGE_SAVE_FAILED',
      evidence: ['no such image'],
    })
  })

  test('a pull that fails must say what the registry said', async () => {
    docker('echo "manifest unknown" >&2; exit 1')
    expect(await failureOf(here().pullImage('a:1'))).toMatchObject({
      code: 'LOCAL_PULL_FAILED',
      evidence: ['manifest unknown'],
    })
  })
})
