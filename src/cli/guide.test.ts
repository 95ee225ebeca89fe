import { readFileSync } from 'node:fs'
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
})
