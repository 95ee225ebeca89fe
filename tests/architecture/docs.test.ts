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
