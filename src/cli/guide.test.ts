import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../base/exit.ts'
import { COMMANDS } from './commands/index.ts'
import { flagName, GLOBAL_FLAGS } from './argv/flags.ts'

const guide = (page: string): string =>
  readFileSync(new URL(`../../docs/guide/${page}`, import.meta.url), 'utf8')

describe('the guide', () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    'tells of belay %s and of all its flags',
    (name, { flags }) => {
      const page = guide('commands.md')
      expect(page).toContain(`**\`belay ${name}`)
      for (const key of Object.keys(flags)) expect(page).toContain(`--${flagName(key)}`)
    },
  )
  it('tells of the flags of every command', () => {
    for (const key of Object.keys(GLOBAL_FLAGS)) {
      expect(guide('commands.md')).toContain(`--${flagName(key)}`)
    }
  })
  it('tells of every exit code', () => {
    for (const code of Object.values(EXIT))
      expect(guide('exit-codes.md')).toContain(`| \`${code}\` |`)
  })
  it('leads from every page to pages that are there', () => {
    const pages = readdirSync(new URL('../../docs/guide/', import.meta.url))
    for (const page of pages) {
      const links = [...guide(page).matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, to]) => to ?? '')
      const broken = links.filter(
        (to) => !existsSync(new URL(`../../docs/guide/${to}`, import.meta.url)),
      )
      expect(broken, page).toEqual([])
    }
  })
  it('leads to headings that are there', () => {
    const pages = readdirSync(new URL('../../docs/guide/', import.meta.url))
    const broken = pages.flatMap((page) =>
      [...guide(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)]
        .filter(
          ([, to, anchor]) => !anchorsOf(guide(to === '' ? page : (to ?? ''))).has(anchor ?? ''),
        )
        .map(([link]) => `${page}: ${link}`),
    )
    expect(broken).toEqual([])
  })
  it('names only failures that there are', () => {
    const known = failureCodes()
    expect(known.has('NOT_PROVED')).toBe(true)
    for (const page of ['when-something-fails.md', 'compose.md', '../bad-input.md']) {
      const named = [...guide(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(
        ([, code]) => code ?? '',
      )
      expect(named.length, page).toBeGreaterThan(0)
      expect(
        named.filter((code) => !known.has(code)),
        page,
      ).toEqual([])
    }
  })
  it('names every page in its index', () => {
    const pages = readdirSync(new URL('../../docs/guide/', import.meta.url))
    for (const page of pages.filter((name) => name !== 'README.md')) {
      expect(guide('README.md')).toContain(`(${page})`)
    }
  })
})

/** As GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text)
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function failureCodes(): ReadonlySet<string> {
  const source = new URL('../', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  const catalogues = files.filter((file) => file.endsWith('failures.ts'))
  const texts = catalogues.map((file) => readFileSync(new URL(file, source), 'utf8'))
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/code: '(\w+)'/g)].map(([, code = '']) => code)),
  )
}
