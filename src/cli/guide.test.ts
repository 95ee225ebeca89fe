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
  it('names every page in its index', () => {
    const pages = readdirSync(new URL('../../docs/guide/', import.meta.url))
    for (const page of pages.filter((name) => name !== 'README.md')) {
      expect(guide('README.md')).toContain(`(${page})`)
    }
  })
})
