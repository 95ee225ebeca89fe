import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { must } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, type Env, failures, finished, freshLab, type Json } from '../deploy/scenario.ts'
import { pageConfig, pathWithoutDocker, type Ran, visit } from '../deploy/scenario.ts'
import { world } from '../deploy/server-state.ts'

/** Images from the user's own files, by this machine's real Docker and by a server's. */

let lab: Lab
let server: Server
let app: App
const NAME = 'built'
const RUN = Date.now()

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
})
beforeEach(() => {
  app = new App(lab, NAME)
})
afterEach(() => app.remove())
afterAll(async () => {
  const named = await must(['docker', 'image', 'ls', '-q', '--filter', `reference=belay/${NAME}/*`])
  if (named !== '') await must(['docker', 'rmi', '-f', ...new Set(named.split('\n'))])
})

const RECIPE = `FROM busybox:stable
ARG WORD=none
ARG MADE=none
COPY site /www
RUN echo "$WORD" >/www/word && echo "$MADE" >/www/made
FROM busybox:stable AS more
COPY --from=0 /www /www
CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]
`
const web = (build: Json = {}): Json => ({
  services: { web: { build: { context: '.', ...build }, stop_signal: 'SIGKILL' } },
})

/** A page that is built: `site/index.html` says the text. */
function builtPage(
  text: string,
  { build = {}, over = {} }: { build?: Json; over?: Json } = {},
): App {
  app.write('Dockerfile', RECIPE).write('site/index.html', `${text}\n`)
  app.write('.dockerignore', 'belay.yaml\ncompose.yaml\n*.md\n')
  // Servers keep their images from run to run: what was built once would not be built again.
  app.write('site/run', `${RUN}\n`)
  app.compose(web(build))
  return app.config(pageConfig(NAME, over))
}

const deploy = (...flags: readonly string[]): Promise<Ran> =>
  app.belay('deploy', '--yes', '--json', ...flags)
const deployWith = (env: Env, ...flags: readonly string[]): Promise<Ran> =>
  app.with(env, 'deploy', '--yes', '--json', ...flags)

const head = (): Promise<string> => must(['git', '-C', app.folder, 'rev-parse', 'HEAD'])

interface Inspected {
  readonly Id: string
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
}

/** The image of the container that serves on a server. */
async function servingImage(on: Server): Promise<Inspected> {
  const id = await on.sh(
    `docker ps -q --filter name=web | head -1 | xargs docker inspect -f '{{.Image}}'`,
  )
  const [image] = JSON.parse(await on.run(['docker', 'image', 'inspect', id])) as [Inspected]
  return image
}

async function pageOf(path: string, on = server): Promise<string> {
  return (
    await on.sh(`docker exec $(docker ps -q --filter name=web | head -1) cat /www/${path}`)
  ).trim()
}

describe('a build', () => {
  test('must be of the commit alone, labelled and tagged with it, and done once', async () => {
    builtPage('one', {
      over: {
        build: {
          args: { WORD: '{short-commit} of {branch}', MADE: '{created}' },
          labels: { 'org.example.team': 'shop' },
          tags: ['latest'],
        },
      },
    })
    await app.commit()
    const commit = await head()
    const first = await deploy()
    expect([first.code, await visit(server)]).toEqual([0, '200 one'])
    const phases = first.events.flatMap((event) =>
      event.type === 'phase-started' ? [`${event.phase}: ${event.title}`] : [],
    )
    expect(phases).toContain('build: build web')
    expect(first.events.some((event) => event.type === 'progress' && /COPY/.test(event.text))).toBe(
      true,
    )

    const { Config, Id } = await servingImage(server)
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.revision': commit,
      'org.opencontainers.image.created': expect.stringMatching(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
      ),
      'org.example.team': 'shop',
    })
    expect(await pageOf('word')).toBe(
      `${commit.slice(0, 7)} of master`.replace('master', await branch()),
    )
    const tags = await must(['docker', 'image', 'inspect', '-f', '{{.RepoTags}}', Id])
    expect(tags).toContain(`belay/${NAME}/web:${commit.slice(0, 7)}`)
    expect(tags).toContain(`belay/${NAME}/web:latest`)

    // Another commit of the same inputs, at another time, is the same image.
    app.write('README.md', 'more')
    await app.commit()
    const again = await deploy()
    expect([again.code, finished(again)?.outcome]).toEqual([0, 'nothing-to-do'])
  })

  test('must refuse what is not committed, and take it in with --dirty, said in the plan', async () => {
    builtPage('one')
    await app.commit()
    app.write('site/index.html', 'not committed\n')
    app.write('site/new.html', 'x')
    const before = await world(server)
    const refused = await deploy()
    expect([refused.code, failures(refused)]).toEqual([3, ['TREE_DIRTY']])
    const [failed] = refused.events.filter((event) => event.type === 'failed')
    expect(failed?.message).toContain('site/index.html, site/new.html')
    expect(await world(server)).toBe(before)

    const planned = await app.belay('plan', '--dirty')
    expect(planned.stdout).toContain(
      'web: built here from the folder as it lies, as --dirty asks for it',
    )
    const dirty = await app.belay('deploy', '--yes', '--dirty')
    expect([dirty.code, await visit(server)]).toEqual([0, '200 not committed'])
    expect(dirty.stdout).toContain('warning: build: not as it was committed: site/index.html')
    const { Config } = await servingImage(server)
    expect(Config.Labels['org.opencontainers.image.revision']).toBe(`${await head()}-dirty`)
  })

  test('outside of git must take the folder, and say so', async () => {
    builtPage('no git')
    const { stdout } = await app.belay('plan')
    expect(stdout).toContain('built here from the folder as it lies: it is not in git')
    expect([(await deploy()).code, await visit(server)]).toEqual([0, '200 no git'])
  })

  test('that fails must end with 7 and its last lines, and touch nothing', async () => {
    builtPage('broken')
    app.write('Dockerfile', `${RECIPE}RUN echo "no way: $((40+2))" && exit 9\n`)
    const before = await world(server)
    const ran = await deploy()
    expect([ran.code, failures(ran)]).toEqual([7, ['BUILD_FAILED']])
    const [failed] = ran.events.filter((event) => event.type === 'failed')
    expect(failed?.evidence.join('\n')).toContain('no way: 42')
    expect(await world(server)).toBe(before)
  })

  test('of a commit that lacks what git ignores must say that this is why', async () => {
    builtPage('one').write('.gitignore', 'site/made.html\n')
    app.write('Dockerfile', `${RECIPE}COPY site/made.html /www/\n`)
    await app.commit()
    app.write('site/made.html', 'by a build of ours')
    const ran = await deploy()
    expect([ran.code, failures(ran)]).toEqual([7, ['BUILD_FAILED']])
    const [failed] = ran.events.filter((event) => event.type === 'failed')
    expect(failed?.hint).toContain('without files that git ignores')
  })
})

describe('a secret', () => {
  const env = { NPM_TOKEN: 'canary-77aa-build' }

  test.each([
    [
      'of the compose file',
      { args: { WORD: '${NPM_TOKEN}' } },
      {},
      /compose\.yaml:1:\d+: services\.web/,
    ],
    [
      'of the caller by its name',
      { args: ['NPM_TOKEN'] },
      {},
      /services\.web\.build\.args\.NPM_TOKEN/,
    ],
    [
      'of belay.yaml',
      {},
      { build: { args: { WORD: '${NPM_TOKEN}' } } },
      /build\.args\.WORD comes from/,
    ],
  ])(
    'in an argument must be refused, with what to do: one %s',
    async (...[, build, over, says]) => {
      builtPage('one', { build, over })
      const ran = await deployWith(env)
      expect(ran.code).toBe(2)
      const [failed] = ran.events.filter((event) => event.type === 'failed')
      const text = [failed?.message, ...(failed?.evidence ?? []), failed?.hint].join('\n')
      expect(text).toMatch(says)
      expect(text).toContain('build.secrets')
      expect(ran.stdout).not.toContain('canary')
    },
  )

  test('of the build must reach it and stay out of the image, the log and the server', async () => {
    builtPage('secret', { build: { secrets: ['token', 'file'] } })
    app.write('token.txt', 'canary-in-a-file\n').write('.gitignore', 'token.txt\n')
    app.compose({
      ...web({ secrets: ['token', 'file'] }),
      secrets: { token: { environment: 'NPM_TOKEN' }, file: { file: 'token.txt' } },
    })
    const mount = '--mount=type=secret,id=token --mount=type=secret,id=file'
    const use = 'cat /run/secrets/token /run/secrets/file | tee /dev/stderr | wc -c >/www/word'
    app.write(
      'Dockerfile',
      RECIPE.replace('RUN echo', `RUN ${mount} ${use} && echo`).replace(
        '>/www/word && echo "$MADE"',
        '&& echo "$MADE"',
      ),
    )
    await app.commit()
    const ran = await deployWith(env)
    expect([ran.code, await pageOf('word')]).toEqual([0, '34'])
    expect(ran.stdout).not.toContain('canary')
    const { Id } = await servingImage(server)
    const history = await must(['docker', 'history', '--no-trunc', Id])
    expect(history).not.toContain('canary')
    expect(await server.sh('grep -rl canary- /var/lib/belay /tmp /var/tmp 2>/dev/null; :')).toBe('')
  })
})

describe('on a server', () => {
  test('a machine without Docker must build there, and the other server get the very image', async () => {
    const bin = await pathWithoutDocker()
    const build = { on: 'lab1', target: 'more', args: { WORD: 'there' } }
    builtPage('two servers', { over: { hosts: ['lab1', 'lab2'], build } })
    await app.commit()
    try {
      const ran = await deployWith({ PATH: bin, HOME: app.folder })
      expect([ran.code, failures(ran)]).toEqual([0, []])
    } finally {
      rmSync(bin, { recursive: true, force: true })
    }
    const images = await Promise.all(lab.servers.map(servingImage))
    expect(images[0]?.Id).toBe(images[1]?.Id)
    expect(images[0]?.Config.Labels['org.opencontainers.image.revision']).toBe(await head())
    for (const each of lab.servers) expect(await visit(each)).toBe('200 two servers')
    expect(await server.sh('ls -d /var/tmp/belay-build.* 2>/dev/null; :')).toBe('')
  })

  test('a build that fails there must be told with its lines, and leave nothing behind', async () => {
    builtPage('one', { over: { build: { on: 'lab1' } } })
    app.write('Dockerfile', `${RECIPE}RUN echo "not there either" && exit 9\n`)
    const ran = await deploy()
    expect([ran.code, failures(ran)]).toEqual([7, ['BUILD_FAILED']])
    const [failed] = ran.events.filter((event) => event.type === 'failed')
    expect(failed?.message).toBe('building web on lab1 failed')
    expect(failed?.evidence.join('\n')).toContain('not there either')
    expect(await server.sh('ls -d /var/tmp/belay-build.* 2>/dev/null; :')).toBe('')
  })

  test('a secret of the build must go there and not stay', async () => {
    builtPage('secret there', { over: { build: { on: 'lab1' } } })
    await giveBuildx(server)
    app.compose({
      ...web({ secrets: ['token'] }),
      secrets: { token: { environment: 'NPM_TOKEN' } },
    })
    const use = '--mount=type=secret,id=token wc -c </run/secrets/token >/www/size &&'
    app.write('Dockerfile', RECIPE.replace('RUN echo', `RUN ${use} echo`))
    const ran = await deployWith({ NPM_TOKEN: 'canary-90-there' })
    expect([ran.code, failures(ran)]).toEqual([0, []])
    expect(await pageOf('size')).toBe('15')
    expect(await server.sh('grep -rl canary- /var/lib/belay /tmp /var/tmp 2>/dev/null; :')).toBe('')
    await server.run(['rm', '-r', PLUGINS])
  })

  test('what only buildx can do must be refused where it is missing, before anything is there', async () => {
    builtPage('one', { over: { build: { on: 'lab1', platforms: ['linux/amd64'] } } })
    const before = await world(server)
    const ran = await deploy()
    expect([ran.code, failures(ran)]).toEqual([7, ['BUILDX_MISSING']])
    expect(await world(server)).toBe(before)
  })
})

/** The lab's servers are without it; this machine's own runs there as well. */
async function giveBuildx({ container }: Server): Promise<void> {
  const format = '{{range .ClientInfo.Plugins}}{{println .Name .Path}}{{end}}'
  const plugins = await must(['docker', 'info', '--format', format])
  const path = /^buildx (.+)$/m.exec(plugins)?.[1] ?? ''
  await must(['docker', 'exec', container, 'mkdir', '-p', PLUGINS])
  await must(['docker', 'cp', path, `${container}:${PLUGINS}/docker-buildx`])
}

const PLUGINS = '/usr/local/lib/docker/cli-plugins'

async function branch(): Promise<string> {
  return must(['git', '-C', app.folder, 'branch', '--show-current'])
}

test('without buildx the builder of old must do, and what needs more be refused', async () => {
  const real = (await must(['which', 'docker'])).trim()
  const said = "docker: 'buildx' is not a docker command."
  const docker = `#!/bin/sh\n[ "$1" = buildx ] && echo "${said}" >&2 && exit 1\nexec ${real} "$@"\n`
  app.write('bin/docker', docker)
  await must(['chmod', '+x', `${app.folder}/bin/docker`])
  const env = { PATH: `${app.folder}/bin:${process.env.PATH}` }
  builtPage('classic', { over: { build: { target: 'more', args: { WORD: 'old' } } } })
  app.write('.dockerignore', 'bin\nbelay.yaml\ncompose.yaml\n')
  const ran = await deployWith(env)
  expect([ran.code, await visit(server), await pageOf('word')]).toEqual([0, '200 classic', 'old'])
  const { Config } = await servingImage(server)
  expect(Config.Labels['com.docker.compose.image.builder']).toBe('classic')

  builtPage('classic', { over: { build: { platforms: ['linux/amd64'] } } })
  const refused = await deployWith(env)
  expect([refused.code, failures(refused)]).toEqual([7, ['BUILDX_MISSING']])
})

test('several platforms must be built where Docker can, or be told why not', async () => {
  builtPage('many', { over: { build: { platforms: ['linux/amd64', 'linux/arm64'] } } })
  const ran = await deploy()
  expect([ran.code, failures(ran)]).toEqual([7, ['BUILD_FAILED']])
  const [failed] = ran.events.filter((event) => event.type === 'failed')
  expect(failed?.hint).toContain('one platform for each image')
})
