import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../src/base/exit.ts'
import { FOLDERS } from './folders.ts'
import { product, readRepository, ROOT } from './source.ts'

/** The list of folders as a page prints it: their names in code, joined by dots. */
function foldersIn(page: string): string[] | undefined {
  const list = /`((?:\w+ · )+\w+)`/.exec(page.replaceAll(/\s+/g, ' '))?.[1]
  return list?.split(' · ')
}

describe('ARCHITECTURE.md', () => {
  const page = textOf('ARCHITECTURE.md')

  it.skipIf(page === undefined)('prints the list of folders that the tests hold', () => {
    expect(foldersIn(page ?? '')).toEqual(FOLDERS)
  })

  it('would be seen with another list, or none', () => {
    expect(foldersIn('in order: `base · plan ·\nconfig`')).toEqual(['base', 'plan', 'config'])
    expect(foldersIn('in some order')).toBeUndefined()
  })
})

describe('the list of folders', () => {
  it('holds the folders that exist', () => {
    const existing = new Set(product(readRepository()).map(({ path }) => path.split('/')[1]))
    expect([...existing].filter((name) => !(FOLDERS as readonly unknown[]).includes(name))).toEqual(
      [],
    )
  })
})

describe('pages', () => {
  it('link to files that exist', () => {
    expect(pages().flatMap((page) => brokenLinks(page, textOf(page)!))).toEqual([])
  })

  it('would be seen with a broken link', () => {
    expect(brokenLinks('README.md', 'see [this](docs/nothing.md#x) and [that](src)')).toEqual([
      'README.md links to docs/nothing.md, which does not exist',
    ])
  })
})

describe('the list of requirements', () => {
  it('names tests that exist', () => {
    const rows = textOf('docs/requirements.md')!
      .split('\n')
      .filter((line) => /^\| \w/.test(line))
    expect(rows.flatMap(missingTests)).toEqual([])
  })

  it('covers what the first releases promise', () => {
    const rows = textOf('docs/requirements.md')!.matchAll(/^\| ([A-Z\d, ]+) \|/gm)
    const covered = new Set([...rows].flatMap(([, ids]) => ids!.split(', ')))
    const promised =
      'T1 T2 T3 T4 T6 P1 P2 P3 P4 P5 B1 B2 B3 B4 C1 C2 C3 C4 C5 C6 D1 D2 D4 D5 D6 R1 R2 R3 ' +
      'K1 K2 K3 K4 K5 N1 N2 N3 N4 N5 O1 O2 O7'
    expect(promised.split(' ').filter((id) => !covered.has(id))).toEqual([])
  })

  it('would be seen with a test that is not there', () => {
    const row = '| K1 | What | `cli.test.ts` › is not there; `nowhere.test.ts` |'
    expect(missingTests(row)).toEqual(['K1: cli.test.ts › is not there', 'K1: nowhere.test.ts'])
  })
})

describe('the decision record of exit codes', () => {
  it('names every code', () => {
    const record = textOf('docs/decisions/0003-exit-codes-are-outcomes.md') ?? ''
    const named = [...record.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes]) =>
      codes!.split(',').map(Number),
    )
    expect(named.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b))
  })
})

describe('decision records', () => {
  it('are numbered without gaps or doubles', () => {
    const numbers = readdirSync(join(ROOT, 'docs/decisions')).map((name) =>
      Number(name.slice(0, 4)),
    )
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1))
  })
})

function textOf(path: string): string | undefined {
  const file = join(ROOT, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function pages(): string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'))
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  return [...top, ...below.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
}

function brokenLinks(page: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
    .map((target) => `${page} links to ${target}, which does not exist`)
}

/** Of a row of docs/requirements.md: files that are not there, and names that no test of them has. */
function missingTests(row: string): string[] {
  const [, id = '', , tests = ''] = row.split('|').map((cell) => cell.trim())
  return [...tests.matchAll(/`([\w./-]+\.test\.ts)`(?: › ([^`]*))?/g)].flatMap(
    ([, file, listed]) => {
      const text = textOf(`tests/e2e/${file}`) ?? textOf(file!)
      if (text === undefined) return [`${id}: ${file}`]
      const names = (listed ?? '').split(';').map((name) => name.trim())
      // The last piece may lead to the next file, as in "on the server itself: `hook.test.ts`".
      return names
        .filter((name) => !name.endsWith(':') && !text.includes(name))
        .map((name) => `${id}: ${file} › ${name}`)
    },
  )
}
