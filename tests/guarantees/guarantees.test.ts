import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GUARANTEES } from './guarantees.ts'
import { MUTATIONS, mutated } from './mutations.ts'
import { page } from './page.ts'

describe('docs/guarantees.md', () => {
  it('is what `npm run guarantees` writes', async () => {
    expect(readFileSync('docs/guarantees.md', 'utf8')).toBe(await page())
  }, 300_000)

  it('leaves no server on anything but the old release or the new one', () => {
    const rows = readFileSync('docs/guarantees.md', 'utf8').match(/^\|.*\|$/gm) ?? []
    const crashes = rows.filter((row) => row.endsWith('| confirmed |'))
    expect(crashes.length).toBeGreaterThan(30)
    expect(rows.filter((row) => row.includes('neither'))).toEqual([])
  })
})

describe('guarantees', () => {
  it('name tests that exist', () => {
    const all = [
      ...GUARANTEES.flatMap(({ tests }) => tests),
      ...MUTATIONS.map(({ fails }) => fails),
    ]
    const missing = all.filter(({ file, name }) => !readFileSync(file, 'utf8').includes(name))
    expect(missing).toEqual([])
  })

  it('have a mechanism each, without which a test fails', () => {
    const held = new Set(MUTATIONS.map(({ of }) => of))
    expect(GUARANTEES.filter(({ id }) => !held.has(id))).toEqual([])
  })

  it('are held by mechanisms that still stand in the code', () => {
    for (const mutation of MUTATIONS) {
      const text = readFileSync(mutation.file, 'utf8')
      expect(mutated(text, mutation)).not.toBe(text)
    }
  })
})
