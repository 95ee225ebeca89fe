import { describe, expect, it } from 'vitest'
import {
  bind,
  DIRECTORY,
  FILE,
  folder,
  notesOn,
  problemsOf,
  renderedFor,
  type Wish,
} from '../../../tests/render/requests.ts'
import type { ComposeMount, ComposeService } from '../compose-model.ts'
import { hostPathsOf } from './mounts.ts'
import type { Rendered } from './rendered.ts'

const BUILD = { build: { context: DIRECTORY } }

function web(volumes: ComposeMount[], more: Partial<Wish> & { service?: ComposeService } = {}) {
  const { service, ...wish } = more
  return renderedFor({ services: { web: { image: 'w', ...service, volumes } }, ...wish })
}

const volumesOf = ({ release }: Rendered) => release.services['web-r42']?.volumes
const notes = (rendered: Rendered) => notesOn(rendered, 'services.web.volumes')

describe('a tracked file', () => {
  it('is shipped and mounted read-only, whatever it was before', () => {
    const rendered = web([bind('conf/a.conf', '/a.conf')], {
      files: { [`${DIRECTORY}/conf/a.conf`]: FILE },
    })
    expect(volumesOf(rendered)).toEqual([
      {
        type: 'bind',
        source: '${BELAY_RELEASE}/files/conf/a.conf',
        target: '/a.conf',
        read_only: true,
        bind: { create_host_path: false },
      },
    ])
    expect(rendered.shipped).toEqual([
      { to: 'files/conf/a.conf', mode: 0o644, from: `${DIRECTORY}/conf/a.conf`, hash: 'h1' },
    ])
    expect(notes(rendered)).toEqual([
      './conf/a.conf is shipped with each release and mounted read-only at /a.conf' +
        ', where it was writable',
    ])
    expect(rendered.services[0]?.rollout).toBe('handover')
    expect(rendered.services[0]?.writes).toEqual([])
  })

  it('above the project is shipped too', () => {
    const { shipped } = web([bind('../shared/a.conf', '/a')], {
      services: {
        web: { image: 'w', volumes: [{ type: 'bind', source: '/home/me/shared/a', target: '/a' }] },
      },
      files: { '/home/me/shared/a': FILE },
    })
    expect(shipped.map(({ to }) => to)).toEqual(['files/.up1/shared/a'])
  })

  it('that its container’s user cannot read is a warning', () => {
    const files = { [`${DIRECTORY}/key`]: { ...FILE, mode: 0o600 } as const }
    const closed = (service: ComposeService, images = {}) =>
      notes(web([bind('key', '/key', { read_only: true })], { files, service, images })).slice(1)
    const warning = ['user 1001 cannot read ./key: only its owner may']
    expect(closed({ user: '1001' })).toEqual(warning)
    expect(closed({}, { web: { user: '1001' } })).toEqual(warning)
    expect(closed({ user: '0:0' })).toEqual([])
    expect(closed({ user: 'root' }, { web: { user: '1001' } })).toEqual([])
  })
})

describe('a folder', () => {
  it('that is tracked is shipped, file by file', () => {
    const rendered = web([bind('conf', '/conf', { read_only: true })], {
      files: { [`${DIRECTORY}/conf`]: folder('a', 'b/c') },
    })
    expect(rendered.shipped.map(({ to }) => to)).toEqual(['files/conf/a', 'files/conf/b/c'])
    expect(volumesOf(rendered)?.[0]?.source).toBe('${BELAY_RELEASE}/files/conf')
  })

  it.each([
    ['absent', { kind: 'absent' } as const],
    ['not tracked', folder()],
    ['kept in git by a placeholder', folder('.gitkeep')],
  ])('that is %s is data: the server keeps it, and two must not write it', (_, fact) => {
    const rendered = web([bind('data', '/data')], { files: { [`${DIRECTORY}/data`]: fact } })
    expect(volumesOf(rendered)).toEqual([
      {
        type: 'bind',
        source: '${BELAY_DATA}/data',
        target: '/data',
        bind: { create_host_path: true },
      },
    ])
    expect(rendered.shipped).toEqual([])
    expect(notes(rendered)).toEqual(['./data is data: each server keeps its own'])
    expect(rendered.services[0]).toMatchObject({
      rollout: 'handover',
      because: 'it writes to ./data',
    })
  })

  it('of data lies where an adopted project had it', () => {
    const files = { [`${DIRECTORY}/data`]: folder() }
    const adopted = { workingDirectory: '/srv/shop', anonymousVolumes: {} }
    const rendered = web([bind('data', '/data')], { files, adopted })
    expect(volumesOf(rendered)?.[0]?.source).toBe('/srv/shop/data')
  })

  it('of data is made for root, which another user must know', () => {
    const files = { [`${DIRECTORY}/data`]: folder() }
    const rendered = web([bind('data', '/data')], { files, service: { user: '1001' } })
    expect(notes(rendered)).toContain(
      'Docker makes ./data for root: user 1001 can write there only after a chown',
    )
  })
})

it('a file that git does not track must be on the server already', () => {
  const rendered = web([bind('app.db', '/app.db')], {
    files: { [`${DIRECTORY}/app.db`]: { ...FILE, git: 'untracked' } },
  })
  expect(volumesOf(rendered)?.[0]).toMatchObject({
    source: '${BELAY_DATA}/app.db',
    bind: { create_host_path: false },
  })
  expect(rendered.notes).toContainEqual({
    level: 'warning',
    about: 'services.web.volumes',
    text: './app.db is a file that git does not track: each server must have it as data',
  })
})

function join(path: string): string {
  return path === '.' ? DIRECTORY : `${DIRECTORY}/${path}`
}

const TREE = {
  [DIRECTORY]: folder('src/main.ts'),
  [`${DIRECTORY}/src`]: folder('main.ts'),
  [`${DIRECTORY}/data`]: folder(),
}

const sourceOf = (service: ComposeService, path: string, more = {}): string | undefined =>
  volumesOf(web([bind(path, '/code', more)], { service, files: TREE }))?.[0]?.source

describe('a development mount', () => {
  it.each(['.', 'src'])('of %s is left out and told', (path) => {
    const rendered = web([bind(path, '/code', { source: join(path) })], {
      service: BUILD,
      files: TREE,
    })
    expect(volumesOf(rendered)).toBeUndefined()
    expect(rendered.shipped).toEqual([])
    expect(notes(rendered)).toEqual([
      path === '.'
        ? `. is laid over /code for development: left out, the image's own files are used`
        : './src is laid over /code for development: left out, ' +
          "the image's own files are used; with :ro it is shipped instead",
    ])
  })

  it('is a folder around the build context, whatever git says of it', () => {
    const rendered = web([bind('', '/code', { source: DIRECTORY })], {
      service: { build: { context: `${DIRECTORY}/app` } },
      files: { [DIRECTORY]: { ...folder(), git: 'none' } },
    })
    expect(volumesOf(rendered)).toBeUndefined()
    expect(rendered.problems).toEqual([])
  })

  it('bares what the image declares as a volume: no data of the app', () => {
    const images = { web: { volumes: ['/code', '/code/data'] } }
    const mount = bind('src', '/code')
    const { volumes } = web([mount], { service: BUILD, files: TREE, images })
    expect(volumes.map(({ key }) => key)).toEqual(['web-code-data'])
  })

  it('takes the unnamed volumes inside of it along, and no named one', () => {
    const rendered = web(
      [
        bind('.', '/code', { source: DIRECTORY }),
        { type: 'volume', target: '/code/node_modules' },
        { type: 'volume', source: 'cache', target: '/code/cache' },
      ],
      { service: BUILD, files: TREE },
    )
    expect(volumesOf(rendered)?.map(({ target }) => target)).toEqual(['/code/cache'])
  })

  it('is none where the service is not built, or where it is data or read-only', () => {
    expect(sourceOf({}, 'src')).toBe('${BELAY_RELEASE}/files/src')
    expect(sourceOf(BUILD, 'data')).toBe('${BELAY_DATA}/data')
    expect(sourceOf(BUILD, 'src', { read_only: true })).toBe('${BELAY_RELEASE}/files/src')
  })
})

describe('outside of git', () => {
  const files = {
    [DIRECTORY]: { ...folder('a'), git: 'none' } as const,
    [`${DIRECTORY}/conf`]: { ...folder('a'), git: 'none' } as const,
    [`${DIRECTORY}/a.conf`]: { ...FILE, git: 'none' } as const,
  }
  const source = (mount: ComposeMount) => volumesOf(web([mount], { files }))?.[0]?.source

  it('files and read-only folders are shipped, the rest is data', () => {
    expect(source(bind('a.conf', '/a'))).toBe('${BELAY_RELEASE}/files/a.conf')
    expect(source(bind('conf', '/c', { read_only: true }))).toBe('${BELAY_RELEASE}/files/conf')
    expect(source(bind('conf', '/c'))).toBe('${BELAY_DATA}/conf')
  })

  it('the whole project is neither', () => {
    expect(problemsOf(web([bind('', '/c', { source: DIRECTORY })], { files }))).toEqual([
      'services.web.volumes: cannot tell whether . is code or data: it is not under git',
    ])
  })
})

const host = (source: string, more = {}) => web([{ type: 'bind', source, target: '/x', ...more }])

describe('a path outside of the project', () => {
  it('is the server’s own', () => {
    const rendered = host('/srv/uploads')
    expect(volumesOf(rendered)?.[0]?.source).toBe('/srv/uploads')
    expect(notes(rendered)).toEqual(["/srv/uploads is the server's own, and left as it is"])
    expect(rendered.services[0]?.writes).toEqual(['/srv/uploads'])
    expect(host('/srv/uploads', { read_only: true }).services[0]?.writes).toEqual([])
  })

  it('of the system holds no data', () => {
    for (const path of ['/var/run/docker.sock', '/etc/localtime', '/proc', '/opt/app/x.sock']) {
      expect(host(path).services[0]?.writes).toEqual([])
    }
  })

  it('below the home is below the home of the user on the server, with a warning', () => {
    const rendered = host('/home/me/world')
    expect(volumesOf(rendered)?.[0]?.source).toBe('${BELAY_HOME}/world')
    expect(rendered.notes.map(({ level }) => level)).toContain('warning')
  })
})

describe('a volume', () => {
  const model = { volumes: { data: { name: 'shop_data' }, far: { name: 'far', external: true } } }

  it('with a name is the base’s, external to each release', () => {
    const rendered = web([{ type: 'volume', source: 'data', target: '/data' }], { model })
    expect(rendered.release.volumes).toEqual({ data: { name: 'shop_data', external: true } })
    expect(rendered.volumes).toEqual([{ name: 'shop_data', key: 'data', external: false }])
    expect(rendered.services[0]).toMatchObject({
      rollout: 'handover',
      because: 'it writes to the volume data',
    })
  })

  it('that is only read does not stand in the way of an overlap', () => {
    const mount = { type: 'volume', source: 'data', target: '/data', read_only: true }
    const rendered = web([mount], { model, service: { expose: ['80'] } })
    expect(rendered.services[0]?.rollout).toBe('overlap')
  })

  it('of the user’s own must exist', () => {
    const { volumes } = web([{ type: 'volume', source: 'far', target: '/far' }], { model })
    expect(volumes).toEqual([{ name: 'far', key: 'far', external: true }])
  })

  it('with options says them, so that it can be made', () => {
    const driver_opts = { type: 'nfs', device: ':/data' }
    const { volumes } = web([{ type: 'volume', source: 'nfs', target: '/nfs' }], {
      model: { volumes: { nfs: { name: 'shop_nfs', driver: 'local', driver_opts } } },
    })
    expect(volumes).toEqual([
      {
        name: 'shop_nfs',
        key: 'nfs',
        external: false,
        driver: 'local',
        driverOptions: driver_opts,
      },
    ])
  })
})

describe('a volume without a name', () => {
  const LIFTED = { name: 'shop_web-var-lib-app', key: 'web-var-lib-app', external: false }
  const unnamed: ComposeMount = { type: 'volume', target: '/var/lib/app' }

  it('gets one in the base, so that the next release finds its data', () => {
    const rendered = web([unnamed])
    expect(rendered.volumes).toEqual([LIFTED])
    expect(volumesOf(rendered)).toEqual([{ ...unnamed, source: 'web-var-lib-app' }])
    expect(notes(rendered)).toEqual([
      'the volume at /var/lib/app has no name and would be empty in each release: ' +
        'it is kept as shop_web-var-lib-app',
    ])
    expect(rendered.services[0]?.because).toBe('it writes to the volume at /var/lib/app')
  })

  it('is lifted as well when only the image declares it', () => {
    const images = { web: { volumes: ['/var/lib/app', '/covered', '/fast'] } }
    const covered: ComposeMount = { type: 'volume', source: 'data', target: '/covered' }
    const service = { tmpfs: ['/fast:size=1m'] }
    expect(web([covered], { images, service }).volumes.map(({ key }) => key)).toEqual([
      'data',
      'web-var-lib-app',
    ])
  })

  it('keeps the name that it has on an adopted host, or had in the release before', () => {
    const adopted = { anonymousVolumes: { web: { '/var/lib/app': '0123abc' } } }
    const kept = [{ ...LIFTED, name: '0123abc' }]
    expect(web([unnamed], { adopted }).volumes).toEqual(kept)
    expect(web([unnamed], { keptVolumes: kept }).volumes).toEqual(kept)
  })

  it('of a job is nobody’s data', () => {
    const images = { web: { volumes: ['/declared'] } }
    const rendered = web([unnamed], { choices: { web: { role: 'job' } }, images })
    expect(rendered.volumes).toEqual([])
    expect(volumesOf(rendered)).toEqual([unnamed])
  })

  it('does not take the name of another', () => {
    const model = { volumes: { 'web-var-lib-app': { name: 'x' } } }
    expect(web([unnamed], { model }).volumes[0]?.key).toBe('web-var-lib-app-unnamed')
  })
})

it('every path of this machine that a model names must be known', () => {
  const model = {
    services: { web: { volumes: [bind('a$$b', '/a'), { type: 'volume', target: '/v' }] } },
    secrets: { key: { file: '/key' }, env: { environment: 'X' } },
    configs: { conf: { file: '/conf' } },
  }
  expect(hostPathsOf(model)).toEqual([`${DIRECTORY}/a$b`, '/key', '/conf'])
  expect(() => web([bind('unknown', '/a')])).toThrow('no fact about')
})
