import { expect, test } from 'vitest'
import { parseEnvFile } from '../../src/config/env-file.ts'
import { ENV_FILE_CASES } from './env-file.cases.ts'

const outer = (name: string): string | undefined => (name === 'OUTER' ? 'outer' : undefined)

test.each(ENV_FILE_CASES)('%j must be read as compose reads it', (text, expected) => {
  const parsed = parseEnvFile(text, outer)
  expect(parsed.ok ? parsed.values : 'refused').toEqual(expected)
})
