import { describe, expect, it } from 'vitest'
import type { DefinedFailure, FailureKind } from '../../src/base/failure.ts'
import {
  CATALOGUE_INSTEAD,
  catalogueFindings,
  failuresAreDeclared,
  failuresHappen,
  type Entry,
} from './failure-rules.ts'
import { ruleHolds } from './rule.ts'
import { product, readRepository, ROOT } from './source.ts'

ruleHolds('expected failures are declared in failures.ts', failuresAreDeclared, {
  sees: [
    {
      what: 'one that is made or defined elsewhere',
      files: {
        'src/plan/planted-a.ts': "throw new Failure({ code: 'X' })",
        'src/plan/planted-b.ts': 'export const x = defineFailure({})',
        'src/plan/planted-c.ts': 'class Late extends Failure {}',
      },
    },
  ],
  allows: [
    {
      what: 'them in failures.ts, and a bug',
      files: {
        'src/notifications/failures.ts': 'const x = defineFailure({})',
        'src/plan/planted.ts': "throw new Error('cannot be')",
      },
    },
  ],
})

ruleHolds('every declared failure can happen', failuresHappen, {
  sees: [
    {
      what: 'one that nothing throws',
      files: {
        'src/triggers/failures.ts': 'export const plantedOne = defineFailure({})',
        'src/triggers/planted.ts': "import { another } from './failures.ts'",
      },
      guilty: ['src/triggers/failures.ts'],
    },
  ],
  allows: [
    {
      what: 'one that is thrown',
      files: {
        'src/triggers/failures.ts': 'export const oops = defineFailure({})',
        'src/triggers/planted.ts': "import { oops } from './failures.ts'\nthrow oops({})",
      },
    },
  ],
})

describe('rule: the catalogue of failures is complete', () => {
  it('holds', async () => {
    const lines = catalogueFindings(await catalogue()).map(({ path, text }) => `${path} ${text}`)
    expect(lines, `\n${lines.join('\n')}\n\n${CATALOGUE_INSTEAD}\n`).toHaveLength(0)
  })

  it('finds the failures that there are', async () => {
    const declared = product(readRepository())
      .filter(({ path }) => path.endsWith('/failures.ts'))
      .flatMap(({ code }) => [...code.matchAll(/\bexport const (\w+)\s*=\s*defineFailure\b/g)])
      .map(([, name]) => name)
    const found = (await catalogue()).map(({ name }) => name)
    expect(declared.length).toBeGreaterThan(50)
    expect(found).toEqual(expect.arrayContaining(declared))
  })

  const good: FailureKind<{ why: 'late' | 'early' }> = {
    code: 'TOO_MUCH',
    exit: 'input',
    message: ({ why }) => `came ${why}`,
    hint: ({ why }) => ({ late: () => 'Come earlier.', early: () => 'Come later.' })[why](),
  }

  it('allows a hint that is chosen by a detail', () => {
    expect(catalogueFindings([entry(good)])).toEqual([])
  })

  const wrong: readonly (readonly [what: string, kinds: readonly object[]])[] = [
    ['a code in small letters', [{ code: 'tooMuch' }]],
    ['a code that is used twice', [{}, {}]],
    ['an exit that is not in the table', [{ exit: 'sad' }]],
    ['an empty message', [{ message: () => '' }]],
    ['a message of two lines', [{ message: () => 'a\nb' }]],
    ['a message with a full stop', [{ message: () => 'It broke.' }]],
    ['an empty hint', [{ hint: () => ' ' }]],
    ['a message that always throws', [{ message: () => expect.unreachable() }]],
  ]
  for (const [what, changes] of wrong) {
    it(`sees ${what}`, () => {
      const entries = changes.map((change) => entry({ ...good, ...change }))
      expect(catalogueFindings(entries)).not.toEqual([])
    })
  }
})

function entry(kind: FailureKind<{ why: 'late' | 'early' }>): Entry {
  const words = ['late', 'early']
  return {
    path: 'src/planted/failures.ts',
    name: 'planted',
    kind: kind as FailureKind<unknown>,
    words,
  }
}

/** Every failure that a `failures.ts` of the product exports. */
async function catalogue(): Promise<Entry[]> {
  const files = product(readRepository()).filter(({ path }) => path.endsWith('/failures.ts'))
  const loaded = await Promise.all(
    files.map(async ({ path, text }) => {
      const exports: Record<string, unknown> = await import(`${ROOT}/${path}`)
      const words = text.match(/[\w-]+/g) ?? []
      return Object.entries(exports)
        .filter((pair): pair is [string, DefinedFailure<unknown>] => isFailure(pair[1]))
        .map(([name, { kind }]) => ({ path, name, kind, words }))
    }),
  )
  return loaded.flat()
}

function isFailure(value: unknown): value is DefinedFailure<unknown> {
  return typeof value === 'function' && 'kind' in value
}
