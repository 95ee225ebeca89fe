import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** How many seeds an ordinary run tries; `npm run simulate` tries a million. */
const SEEDS = 10_000

describe('whatever goes wrong, clients are served and the next deployment works', () => {
  it(`in ${SEEDS} troubled times`, { timeout: 1_200_000 }, async () => {
    const lines = await simulate('--seeds', String(SEEDS))
    expect(lines.filter((line) => line.startsWith('npm run simulate'))).toEqual([])
    expect(lines.at(-1)).toBe(`${SEEDS} seeds, 0 problems`)
  })
})

describe('npm run simulate', () => {
  it.each([
    ['--seeds', 'many'],
    ['--from', '0'],
    ['--sedes', '1'],
    ['--workers', '0'],
  ])('says how it is used when it is asked for %s %s', async (...argv) => {
    expect((await simulate(...argv))[0]).toMatch(/^usage: npm run simulate/)
  })
})

/** The lines that it prints, as on a fresh clone. */
async function simulate(...argv: readonly string[]): Promise<string[]> {
  const program = ['scripts/run.mjs', 'tests/simulation/seeds/main.ts', ...argv]
  const text = await new Promise<string>((resolve) => {
    execFile(process.execPath, program, (_, stdout, stderr) => resolve(`${stdout}${stderr}`))
  })
  return text.trimEnd().split('\n')
}
