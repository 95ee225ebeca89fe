import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ComposeModel, ComposeService } from '../../src/plan/compose-model.ts'
import type { Rendered } from '../../src/plan/render/rendered.ts'
import { addressOn, inspect, lookUp } from './look.ts'
import type { Project, ProjectOptions } from './project.ts'
import { type Choices, CORPUS, NAME, rendered, Scene } from './scene.ts'
import { docker } from './server.ts'

interface Entry {
  readonly folder: string
  readonly options?: Omit<ProjectOptions, 'name'>
  /** Which service is routed, and on which port. */
  readonly routed?: Readonly<Record<string, number>>
  /** `service: role rollout`, as a user would read it in the plan. */
  readonly expected: readonly string[]
}

const ENTRIES: readonly Entry[] = [
  { folder: 'web-db', routed: { web: 8000 }, expected: ['web: app overlap', 'db: accessory'] },
  {
    folder: 'django',
    routed: { nginx: 80 },
    expected: [
      'migrate: job overlap',
      'beat: worker handover',
      'web: app handover',
      'nginx: app handover',
      'worker: worker handover',
      'db: accessory',
      'redis: accessory',
    ],
  },
  {
    folder: 'rails',
    options: { untracked: ['storage'] },
    routed: { web: 3000 },
    expected: [
      'sidekiq: worker handover',
      'web: app handover',
      'db: accessory',
      'redis: accessory',
    ],
  },
  {
    folder: 'wordpress',
    routed: { wordpress: 80 },
    expected: ['wordpress: app overlap', 'db: accessory'],
  },
  { folder: 'sqlite-bot', expected: ['bot: worker handover'] },
  {
    folder: 'node-worker',
    routed: { api: 3000 },
    expected: ['api: app overlap', 'worker: worker handover', 'queue: accessory'],
  },
  {
    folder: 'internal-nginx',
    routed: { nginx: 80 },
    expected: [
      'api: app overlap',
      'frontend: app overlap',
      'nginx: app overlap',
      'cache: accessory',
    ],
  },
  { folder: 'replicas', routed: { api: 8080 }, expected: ['api: app overlap'] },
  {
    folder: 'profiles',
    options: { profiles: ['*'] },
    routed: { app: 5000 },
    expected: ['app: app overlap', 'mailer: app overlap', 'seed: job overlap', 'db: accessory'],
  },
  {
    folder: 'layered',
    options: { files: ['compose.yaml', 'compose.production.yaml'], envFile: 'production.env' },
    routed: { web: 8000 },
    expected: ['web: app overlap', 'cache: accessory'],
  },
  {
    folder: 'secrets-configs',
    options: { values: { SESSION_KEY: 'key-$of "session' } },
    expected: ['app: app overlap', 'db: accessory'],
  },
  {
    folder: 'one-shots',
    expected: [
      'createbuckets: job overlap',
      'prepare: job overlap',
      'migrate: job overlap',
      'web: app overlap',
      'db: accessory',
      'storage: accessory',
    ],
  },
  {
    folder: 'host-network',
    expected: ['agent: worker handover', 'hub: app handover', 'sidecar: worker handover'],
  },
  {
    folder: 'udp-ports',
    routed: { resolver: 8080 },
    expected: ['resolver: app handover', 'admin: app handover'],
  },
  { folder: 'odd-values', expected: ['web: app overlap'] },
]

let scene = new Scene()
afterEach(() => scene.close())

describe.each(ENTRIES)('$folder', (entry) => {
  it('renders without a problem, each service in its place', async () => {
    const project = await opened(entry)
    const { services, accessories } = await rendered(project, 'r1', choicesOf(entry))
    const lines = services.map(({ name, role, rollout }) => `${name}: ${role} ${rollout}`)
    expect([...lines, ...accessories.map((name) => `${name}: accessory`)]).toEqual(entry.expected)
  })

  it('comes up beside its predecessor, and leaves the base alone when it goes', async () => {
    const project = await opened(entry)
    const server = await scene.server()
    const first = idle(await rendered(project, 'r1', choicesOf(entry)))
    const second = idle(await rendered(project, 'r2', choicesOf(entry)))
    await server.stage('r1', first)
    await server.base('r1', first)
    await server.up('r1', first)
    await expectUp(first, project.model)
    for (const { containers } of inTurn(first)) await docker('stop', '-t', '0', ...containers)
    await server.stage('r2', second)
    await server.up('r2', second, 'b')
    await expectUp(second, project.model)
    await expectOwnNames(second)
    await server.down('r1')
    for (const name of second.accessories) {
      expect((await inspect(containerOf(name, second.base))).State.Status).toBe('running')
    }
  })
})

function opened({ folder, options }: Entry): Promise<Project> {
  scene = new Scene(`${NAME}-${folder}`)
  return scene.project(join(CORPUS, folder), options)
}

function choicesOf({ routed }: Entry): Choices {
  return routed === undefined ? {} : { routed }
}

/** The same with programs that exist in the one small image there is. */
function idle(rendered: Rendered): Rendered {
  const jobs = rendered.services.filter(({ role }) => role === 'job').map(({ key }) => key)
  const quiet = (name: string, service: ComposeService): ComposeService => ({
    ...service,
    entrypoint: jobs.includes(name) ? ['true'] : ['sleep', '600'],
    command: null,
    healthcheck: { disable: true },
    stop_grace_period: '0s',
    ...(service.image?.startsWith('sha256:') === true ? {} : { image: 'busybox:stable' }),
  })
  const quietModel = (model: ComposeModel): ComposeModel => ({
    ...model,
    services: Object.fromEntries(
      Object.entries(model.services).map(([name, service]) => [name, quiet(name, service)]),
    ),
  })
  return {
    ...rendered,
    base: quietModel(rendered.base),
    release: quietModel(rendered.release),
  }
}

async function expectUp({ services }: Rendered, model: ComposeModel): Promise<void> {
  for (const { name, role, containers } of services) {
    for (const container of containers) {
      const { State, Config, HostConfig } = await inspect(container)
      expect({ container, state: State.Status }).toEqual({
        container,
        state: role === 'job' ? 'exited' : 'running',
      })
      expect(HostConfig.RestartPolicy.Name).toBe('no')
      expect(Config.Env).toEqual(expect.arrayContaining(environmentOf(model, name)))
    }
  }
}

function environmentOf({ services }: ComposeModel, name: string): string[] {
  return Object.entries(services[name]?.environment ?? {}).flatMap(([key, value]) =>
    value === null ? [] : [`${key}=${value.replaceAll('$$', '$')}`],
  )
}

/** From each service, each one that it shares a network with answers to its plain name. */
async function expectOwnNames({ services, release }: Rendered): Promise<void> {
  const running = services.filter(({ role }) => role !== 'job')
  for (const from of running) {
    for (const to of running) {
      const shared = ownNetworks(release, to.key).filter((key) =>
        ownNetworks(release, from.key).includes(key),
      )
      if (shared.length === 0) continue
      const right = await Promise.all(
        shared.map(async (key) => {
          const network = release.networks?.[key]?.name ?? ''
          const addresses = to.containers.map((container) => addressOn(container, network))
          return (await Promise.all(addresses)).sort()
        }),
      )
      expect(right).toContainEqual(await lookUp(from.containers[0] ?? '', to.name))
    }
  }
}

function ownNetworks({ services, networks }: ComposeModel, key: string): string[] {
  const joined = Object.keys(services[key]?.networks ?? {})
  return joined.filter((network) => networks?.[network]?.external !== true)
}

function inTurn({ services }: Rendered): Rendered['services'] {
  return services.filter(({ phase }) => phase === 'handover' || phase === 'workers')
}

function containerOf(name: string, { name: project, services }: ComposeModel): string {
  return services[name]?.container_name ?? `${project}-${name}-1`
}
