import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { quoteEnvValue } from '../../src/config/env-file.ts'
import { ENV_FILE_CASES } from '../contracts/env-file.cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'belay-env-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What compose itself makes of an env file: the values of `names`, or `refused`. */
function askCompose(text: string, names: readonly string[]): Record<string, string> | 'refused' {
  const envFile = join(folder, 'values.env')
  const composeFile = join(folder, 'compose.json')
  writeFileSync(envFile, text)
  const services = { app: { image: 'app', environment: names } }
  writeFileSync(composeFile, JSON.stringify({ services }))
  const words = [
    '-p',
    'env',
    '-f',
    composeFile,
    '--env-file',
    envFile,
    'config',
    '--format',
    'json',
  ]
  try {
    const printed = execFileSync('docker', ['compose', ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
      env: { PATH: process.env['PATH'], OUTER: 'outer' },
    })
    const { environment } = JSON.parse(printed).services.app
    const set = Object.entries<string | null>(environment).flatMap(([name, value]) =>
      value === null ? [] : [[name, value.replaceAll('$$', '$')]],
    )
    return Object.fromEntries(set)
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status !== null) return 'refused'
    throw error
  }
}

test('compose must still read env files as recorded', { timeout: 120_000 }, () => {
  const found = ENV_FILE_CASES.map(([text, expected]) => {
    const names = expected === 'refused' ? ['A'] : Object.keys(expected)
    return [text, names.length === 0 && expected !== 'refused' ? {} : askCompose(text, names)]
  })
  expect(found).toEqual(ENV_FILE_CASES)
})

test('any value must reach compose byte for byte, when it was quoted', { timeout: 120_000 }, () => {
  const value = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''))
  const values = fc.array(value, { minLength: 20, maxLength: 60 })
  fc.assert(
    fc.property(values, (list) => {
      const expected = Object.fromEntries(list.map((text, index) => [`V${index}`, text]))
      const lines = Object.entries(expected).map(([name, text]) => `${name}=${quoteEnvValue(text)}`)
      expect(askCompose(lines.join('\n'), Object.keys(expected))).toEqual(expected)
    }),
    { numRuns: 25 },
  )
})
