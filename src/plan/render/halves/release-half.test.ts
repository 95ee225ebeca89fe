import { describe, expect, it } from 'vitest'
import { notesOn, renderedFor, routed, type Wish } from '../../../../tests/render/requests.ts'
import type { ComposeService } from '../../compose-model.ts'

function web(service: ComposeService, more: Partial<Wish> = {}) {
  const rendered = renderedFor({ services: { web: { image: 'w', ...service } }, ...more })
  return { ...rendered, service: rendered.release.services['web-r42'] ?? {} }
}

it('what means nothing on a server is left out, the rest passes through', () => {
  const passed: ComposeService = {
    command: ['serve'],
    entrypoint: ['/init'],
    init: true,
    user: '1001:1001',
    hostname: 'web.example.com',
    logging: { driver: 'json-file' },
    sysctls: { 'net.core.somaxconn': 1024 },
    ulimits: { nofile: 1024 },
    cap_drop: ['ALL'],
    stop_signal: 'SIGINT',
    stop_grace_period: '1m30s',
    extra_hosts: ['a=1.2.3.4'],
    healthcheck: { test: ['CMD', 'true'] },
    platform: 'linux/amd64',
    tmpfs: ['/tmp'],
    expose: ['80'],
  }
  const left: ComposeService = {
    build: { context: '/x' },
    develop: {},
    env_file: ['.env'],
    profiles: ['prod'],
    pull_policy: 'always',
    restart: 'on-failure:3',
  }
  const { service } = web({ ...passed, ...left })
  expect(service).toMatchObject({ ...passed, pull_policy: 'never', restart: 'no' })
  for (const key of ['build', 'develop', 'env_file', 'profiles']) {
    expect(service).not.toHaveProperty(key)
  }
})

it('of deploy only what compose alone can honour is kept', () => {
  const rendered = web({
    deploy: {
      replicas: 3,
      resources: { limits: { memory: '64M' } },
      update_config: { parallelism: 1 },
      restart_policy: { condition: 'any' },
      placement: {},
    },
  })
  expect(rendered.service.deploy).toEqual({ resources: { limits: { memory: '64M' } } })
  expect(rendered.service.scale).toBe(3)
  expect(rendered.service).not.toHaveProperty('container_name')
  expect(notesOn(rendered, 'services.web.deploy')).toEqual([
    "update_config, restart_policy: left out, this is Belay's to decide",
  ])
})

describe('labels for Traefik', () => {
  const labels = { 'traefik.enable': 'true', 'com.example.team': 'shop' }

  it('are left out when requests come through our proxy', () => {
    const rendered = web({ labels })
    expect(Object.keys(rendered.service.labels ?? {})).not.toContain('traefik.enable')
    expect(rendered.service.labels).toMatchObject({ 'com.example.team': 'shop' })
    expect(notesOn(rendered, 'services.web.labels')).toHaveLength(1)
  })

  it('are kept when they come through theirs', () => {
    expect(web({ labels }, { proxy: 'none' }).service.labels).toMatchObject(labels)
  })
})

it('a container name is a name inside the release, so that old and new can have one', () => {
  const rendered = web({ container_name: 'front' })
  expect(rendered.service.container_name).toBe('shop-r42-web-1')
  expect(rendered.service.networks).toEqual({ default: { aliases: ['web', 'front'] } })
  expect(notesOn(rendered, 'services.web.container_name')).toHaveLength(1)
})

describe('published ports', () => {
  const ports = [
    { target: 8000, published: '80', protocol: 'tcp' },
    { target: 8000, published: '8000', protocol: 'udp' },
    { target: 8443, published: '443' },
    { target: 25, published: '25', host_ip: '127.0.0.1' },
  ]

  it('whose requests come through the proxy are dropped and told, others kept', () => {
    const rendered = web({ ports }, { choices: { web: routed(8000) } })
    expect(rendered.service.ports).toEqual([ports[1], ports[3]])
    expect(notesOn(rendered, 'services.web.ports')).toEqual([
      'port 80:8000 is not published: its requests come through the proxy',
      'port 443:8443 is not published: its requests come through the proxy',
    ])
  })

  it('are the proxy’s where it listens elsewhere', () => {
    const { service } = web({ ports }, { choices: { web: routed(1) }, proxyPorts: [25] })
    expect(service.ports).toEqual(ports.slice(0, 3))
  })
})

const waits = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, { condition: 'service_healthy' as const }]))

describe('dependencies', () => {
  it('are kept among services that start together, under their new names', () => {
    const { release, services } = renderedFor({
      services: {
        web: { image: 'w', depends_on: waits('api', 'db', 'migrate') },
        api: { image: 'a' },
        migrate: { image: 'm', depends_on: waits('prepare', 'db') },
        prepare: { image: 'p' },
        db: { image: 'postgres', restart: 'always' },
      },
      choices: { web: routed(), migrate: { role: 'job' }, prepare: { role: 'job' } },
    })
    const kept = (key: string) => Object.keys(release.services[key]?.depends_on ?? {})
    expect(kept('web-r42')).toEqual(['api-r42'])
    expect(kept('migrate-r42')).toEqual(['prepare-r42'])
    expect(services.map(({ name }) => name)).toEqual(['api', 'prepare', 'migrate', 'web'])
  })

  it('of hand-overs and workers are the order of the list alone', () => {
    const volumes = [{ type: 'volume', source: 'data', target: '/data' }]
    const { release, services } = renderedFor({
      services: {
        a: { image: 'a', depends_on: waits('b', 'c') },
        b: { image: 'b', volumes, depends_on: waits('c') },
        c: { image: 'c', volumes },
        d: { image: 'd', depends_on: waits('a') },
      },
      choices: { a: routed() },
    })
    expect(services.map(({ name }) => name)).toEqual(['c', 'b', 'a', 'd'])
    expect(services[1]?.dependsOn).toEqual(['c'])
    for (const service of Object.values(release.services)) {
      expect(service).not.toHaveProperty('depends_on')
    }
  })
})

it('what shares another’s container follows its new name', () => {
  const rendered = renderedFor({
    services: {
      hub: { image: 'h', expose: ['80'] },
      side: {
        image: 's',
        network_mode: 'service:hub',
        pid: 'service:hub',
        ipc: 'host',
        volumes_from: ['hub:ro', 'container:other'],
      },
    },
  })
  expect(rendered.release.services['side-r42']).toMatchObject({
    network_mode: 'service:hub-r42',
    pid: 'service:hub-r42',
    ipc: 'host',
    volumes_from: ['hub-r42:ro', 'container:other'],
  })
  expect(rendered.release.services['side-r42']).not.toHaveProperty('networks')
})

const link = (db: ComposeService) =>
  renderedFor({
    services: {
      web: { image: 'w', links: ['db:database', 'db'], external_links: ['x:y'] },
      db: { image: 'postgres', restart: 'always', ...db },
    },
  }).release.services['web-r42']?.['external_links']

it('a link to an accessory under another name is one to its container', () => {
  expect(link({})).toEqual(['x:y', 'shop-db-1:database'])
  expect(link({ container_name: 'pg' })).toEqual(['x:y', 'pg:database'])
})
