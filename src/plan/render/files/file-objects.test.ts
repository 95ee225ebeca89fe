import { describe, expect, it } from 'vitest'
import {
  DIRECTORY,
  FILE,
  folder,
  notesOn,
  problemsOf,
  renderedFor,
  type Wish,
} from '../../../../tests/render/requests.ts'
import type { ComposeFileReference, ComposeService } from '../../compose-model.ts'

const PATH = `${DIRECTORY}/token.txt`
const MODEL = {
  secrets: {
    file: { name: 'shop_file', file: PATH },
    env: { environment: 'KEY' },
    far: { external: true },
  },
  configs: { inline: { content: 'a $$ b' }, conf: { file: PATH } },
}

function web(service: ComposeService, more: Partial<Wish> = {}) {
  return renderedFor({
    services: { web: { image: 'w', ...service } },
    model: MODEL,
    files: { [PATH]: { ...FILE, git: 'untracked' } },
    values: { KEY: 'va"lue$' },
    ...more,
  })
}

describe('a secret', () => {
  it('of a file is shipped, tracked or not', () => {
    const rendered = web({ secrets: [{ source: 'file', target: '/run/secrets/file' }] })
    expect(rendered.release.secrets).toEqual({
      file: { file: '${BELAY_RELEASE}/files/token.txt' },
    })
    expect(rendered.shipped).toEqual([
      { to: 'files/token.txt', mode: 0o644, from: PATH, hash: 'h1' },
    ])
  })

  it('of a variable becomes a file with its value', () => {
    const rendered = web({ secrets: [{ source: 'env', target: '/key', uid: '1', mode: 0o400 }] })
    expect(rendered.release.secrets).toEqual({
      env: { file: '${BELAY_RELEASE}/files/.values/secrets/env' },
    })
    expect(rendered.release.services['web-r42']?.secrets).toEqual([
      { source: 'env', target: '/key' },
    ])
    expect(rendered.shipped).toEqual([
      { to: 'files/.values/secrets/env', mode: 0o444, content: 'va"lue$' },
    ])
    expect(JSON.stringify(rendered.release)).not.toContain('va\\"lue')
  })

  it.each<[Partial<ComposeFileReference>, number]>([
    [{}, 0o444],
    [{ mode: 0o400 }, 0o400],
    [{ mode: '0440' }, 0o440],
    [{ mode: 0o400, gid: '5' }, 0o444],
  ])('of a variable with %j has the mode %i', (reference, mode) => {
    expect(web({ secrets: [{ source: 'env', ...reference }] }).shipped[0]?.mode).toBe(mode)
  })

  it('that its user cannot read is a warning', () => {
    const files = { [PATH]: { ...FILE, mode: 0o600 } }
    const rendered = web({ user: '1001', secrets: [{ source: 'file' }] }, { files })
    expect(notesOn(rendered, 'secrets.file.file')).toEqual([
      'user 1001 in web cannot read ./token.txt: only its owner may (chmod o+r ./token.txt)',
    ])
  })
})

it('a config in the compose file stays there, byte for byte', () => {
  const rendered = web({ configs: [{ source: 'inline', target: '/c', mode: 0o400 }] })
  expect(rendered.release.configs).toEqual({ inline: { content: 'a $$ b' } })
  expect(rendered.release.services['web-r42']?.configs).toEqual([
    { source: 'inline', target: '/c', mode: 0o400 },
  ])
})

it('two services share one shipped file', () => {
  const rendered = web({ secrets: [{ source: 'file' }], configs: [{ source: 'conf' }] })
  expect(rendered.shipped.map(({ to }) => to)).toEqual(['files/token.txt'])
})

describe('what cannot be shipped is a problem', () => {
  it.each<readonly [string, ComposeFileReference, Partial<Wish>, string]>([
    [
      'a missing file',
      { source: 'file' },
      { files: { [PATH]: { kind: 'absent' } } },
      'secrets.file.file: there is no file ./token.txt',
    ],
    [
      'a folder',
      { source: 'file' },
      { files: { [PATH]: folder('a') } },
      'secrets.file.file: ./token.txt is a folder',
    ],
    [
      'a variable without a value',
      { source: 'env' },
      { values: {} },
      'secrets.env.environment: the variable KEY has no value',
    ],
    [
      'a secret of Swarm',
      { source: 'far' },
      {},
      'secrets.far.external: only Swarm has secrets and configs of its own',
    ],
  ])('%s', (...[, reference, more, problem]) => {
    expect(problemsOf(web({ secrets: [reference] }, more))).toEqual([problem])
  })
})
