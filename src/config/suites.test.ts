import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadText } from '../../tests/config/memory-files.ts'
import type { Failure } from '../base/failure.ts'

const HEAD = 'app: shop\nhosts: [a]\nservices: { web: { routes: [{ domain: x.y, port: 1 }] } }\n'

const load = (text: string, environment?: string) =>
  loadText(HEAD + text, environment === undefined ? {} : { environment }).config

function mistakes(text: string): readonly string[] {
  try {
    load(text)
  } catch (error) {
    return (error as Failure).evidence
  }
  return []
}

describe('suites', () => {
  it('must stand where smoke names them, in their place', () => {
    const { smoke } = load(
      'suites: { api: [{ http: { path: /a } }, { http: { path: /b } }] }\n' +
        'smoke: [{ http: { path: /first } }, { suite: api }]\n',
    )
    expect(smoke.map(({ settings }) => settings.path)).toEqual(['/first', '/a', '/b'])
    expect(smoke[2]).toMatchObject({ kind: 'http', service: 'web' })
  })

  it('must be replaced one by one by an environment, and the list of smoke as a whole', () => {
    const text =
      'suites: { api: [{ http: { path: /a } }], pages: [{ http: { path: /p } }] }\n' +
      'smoke: [{ suite: api }, { suite: pages }]\n' +
      'environments:\n' +
      '  staging: { suites: { api: [{ http: { path: /s } }] } }\n' +
      '  production: { smoke: [{ suite: pages }] }\n'
    const paths = (environment: string) =>
      load(text, environment).smoke.map(({ settings }) => settings.path)
    expect(paths('staging')).toEqual(['/s', '/p'])
    expect(paths('production')).toEqual(['/p'])
  })

  it('must be known where they are named', () => {
    expect(mistakes('suites: { pages: [] }\nsmoke: [{ suite: page }]\n')).toEqual([
      'belay.yaml:5:9  smoke[0]: there is no suite "page"; did you mean "pages"?',
    ])
    expect(mistakes('smoke: [{ suite: api }]\n')[0]).toContain('there are none in suites')
  })

  it('must not hide a mistake because no deployment asks them', () => {
    const [text] = mistakes('suites: { api: [{ http: { service: db } }] }\n')
    expect(text).toContain('suites.api[0]: nothing leads to this service from outside')
  })

  it('must not name each other', () => {
    expect(mistakes('suites: { a: [{ suite: b }], b: [] }\n')[0]).toContain('unknown key "suite"')
  })
})

describe('the page about smoke checks', () => {
  it('must have examples that load, for each environment', () => {
    const guide = readFileSync('docs/guide/smoke-checks.md', 'utf8')
    const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? '')
    expect(blocks).toHaveLength(2)
    const beside = { '/app/checks/smoke.sh': '#!/bin/sh' }
    const variables = { SMOKE_PASSWORD: 'a word' }
    const [whole = '', steps = ''] = blocks
    const count = (text: string, environment?: string) =>
      loadText(text, { beside, variables, ...(environment && { environment }) }).config.smoke.length
    expect(count(whole, 'production')).toBe(12)
    expect(count(whole, 'staging')).toBe(3)
    expect(count(HEAD + steps)).toBe(1)
  })

  it('must list every kind that there is', () => {
    const guide = readFileSync('docs/guide/smoke-checks.md', 'utf8')
    const rows = [...guide.matchAll(/^\| (`[^|]*)\|/gm)].map(([, kinds = '']) => kinds).join(' ')
    const [text = ''] = mistakes('smoke: [{}]\n')
    const kinds = text.split('exactly one of: ')[1]?.split(', ') ?? []
    expect(kinds.length).toBeGreaterThan(10)
    const missing = kinds.filter((kind) => kind !== 'suite' && !rows.includes(`\`${kind}\``))
    expect(missing).toEqual([])
  })
})
