import { describe, expect, it } from 'vitest'
import {
  bind,
  DIRECTORY,
  FILE,
  notesOn,
  problemsOf,
  renderedFor,
} from '../../../tests/render/requests.ts'
import type { ComposeService } from '../compose-model.ts'
import { hasAddress } from './addresses.ts'
import type { FileFact, ServiceChoice } from './request.ts'

const web = { image: 'shop', expose: ['8000'] }

function called(
  probe: ComposeService,
  over: {
    web?: ComposeService
    choice?: Partial<ServiceChoice>
    files?: Record<string, FileFact>
  } = {},
) {
  return renderedFor({
    services: {
      web: { ...web, ...over.web },
      probe: { image: 'prom/prometheus', restart: 'always', ...probe },
    },
    choices: { probe: { role: 'accessory', ...over.choice } },
    ...(over.files && { files: over.files }),
  })
}

const WEB = { service: 'web', names: ['web'], callers: ['probe'] }

describe('an accessory calls a service of the release', () => {
  const started = { condition: 'service_started' } as const

  it.each<[string, ComposeService, string]>([
    ['depends on it', { depends_on: { web: started } }, 'it depends on it'],
    [
      'has its address in a value',
      { environment: { TARGET: 'http://web:8000/' } },
      'its settings name it',
    ],
    ['has it for a host', { environment: { APP_HOST: 'web' } }, 'its settings name it'],
    ['has its address in the command', { command: ['poll', 'web:8000'] }, 'its settings name it'],
  ])('that %s', (_, probe, because) => {
    const rendered = called(probe)
    expect(rendered.live).toEqual([WEB])
    expect(problemsOf(rendered)).toEqual([])
    const text = `calls web (${because}): after each confirm the name leads to the new release`
    expect(notesOn(rendered, 'services.probe')).toContain(text)
  })

  it('whose address stands in a file that it mounts', () => {
    const text = 'scrape_configs:\n  - static_configs: [{ targets: [web:8000] }]\n'
    const files = { [`${DIRECTORY}/prometheus.yml`]: { ...FILE, text } }
    const volumes = [bind('prometheus.yml', '/etc/prometheus.yml', { read_only: true })]
    const rendered = called({ volumes }, { files })
    expect(rendered.live).toEqual([WEB])
    expect(notesOn(rendered, 'services.probe').join()).toContain('(prometheus.yml names it)')
  })

  it('that belay.yaml names', () => {
    expect(called({}, { choice: { calls: ['web'] } }).live).toEqual([WEB])
  })

  it('by every name that compose would give it there', () => {
    const rendered = called(
      { links: ['web:backend'] },
      { web: { container_name: 'shop-web', networks: { default: { aliases: ['front'] } } } },
    )
    expect(rendered.live).toEqual([{ ...WEB, names: ['web', 'shop-web', 'front', 'backend'] }])
  })
})

describe('an accessory calls nobody', () => {
  it.each<[string, ComposeService]>([
    [
      'in whose settings no address stands',
      { environment: { NAME: 'web', URL: 'http://web2:80' } },
    ],
    ['of which another has the name', { environment: { URL: 'https://web.example.com' } }],
    [
      'that is on another network',
      { environment: { U: 'http://web:1' }, networks: { other: null } },
    ],
    ['that is on no network', { environment: { U: 'http://web:80' }, network_mode: 'host' }],
  ])('%s', (_, probe) => {
    expect(called(probe).live).toEqual([])
  })
})

describe('calls in belay.yaml', () => {
  it.each<[text: string, Partial<ServiceChoice>, ComposeService]>([
    ['compose has no service shop', { calls: ['shop'] }, {}],
    ['probe is an accessory: its name never moves', { calls: ['probe'] }, {}],
    ['probe and web share no network', { calls: ['web'] }, { network_mode: 'host' }],
    ['probe belongs to the release', { calls: ['web'], role: 'app' }, {}],
  ])('are refused where %s', (text, choice, probe) => {
    expect(problemsOf(called(probe, { choice })).join()).toContain(`services.probe.calls: ${text}`)
  })
})

describe('an address', () => {
  it.each([
    'http://web',
    'http://web;',
    'ws://web/x',
    'a@web:1',
    'web:8000',
    "['web:80']",
    '- web:80',
  ])('is found in %j', (text) => expect(hasAddress(`first line\n${text}`, 'web')).toBe(true))

  it.each([
    'web',
    'web:',
    'web:1',
    'my-web:80',
    'http://web2',
    'http://web-api/',
    '//web.example.com',
  ])('is not found in %j', (text) => expect(hasAddress(text, 'web')).toBe(false))
})
