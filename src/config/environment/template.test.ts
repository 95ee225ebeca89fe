import { expect, test } from 'vitest'
import { readTemplate } from './template.ts'

const namesIn = (text: string, given: Readonly<Record<string, string>> = {}) => {
  const read = readTemplate(text, (name) => given[name])
  return read.ok ? read.names : expect.unreachable(read.reason)
}

test('each name of a template must have its line, its comment and its default', () => {
  const text = `
# ---- Web ----

# Signs the sessions;
# make one with: openssl rand -hex 32
SECRET_KEY=

# How much is told.
LOG_LEVEL="info"
PORT=8000
`
  expect(namesIn(text)).toMatchObject([
    {
      name: 'SECRET_KEY',
      line: 6,
      about: 'Signs the sessions; make one with: openssl rand -hex 32',
      default: '',
    },
    { name: 'LOG_LEVEL', line: 9, about: 'How much is told.', default: 'info' },
    { name: 'PORT', line: 10, about: '', default: '8000' },
  ])
})

test('a name that is commented out must be known, and never demanded', () => {
  expect(namesIn('# Errors are sent there. Prose with a=b in it.\n# SENTRY_DSN=\nA=1\n')).toEqual([
    {
      name: 'SENTRY_DSN',
      line: 2,
      about: 'Errors are sent there. Prose with a=b in it.',
      default: '',
      isOptional: true,
      isPlaceholder: false,
    },
    expect.objectContaining({ name: 'A', about: '', isOptional: false }),
  ])
})

test.each(['change-me', 'changeme', 'CHANGE_ME_NOW', '<token>', 'your-api-key', 'xxxxx', '...'])(
  'what only stands for a value must be no default: %s',
  (value) => {
    expect(namesIn(`KEY=${value}`)).toMatchObject([{ default: '', isPlaceholder: true }])
  },
)

test.each(['changes', 'localhost', '[]', 'xx', 'https://example.com', '1.5'])(
  'what could be meant must stay a default: %s',
  (value) => {
    expect(namesIn(`KEY=${value}`)).toMatchObject([{ default: value, isPlaceholder: false }])
  },
)

test('a comment behind an empty value must be a description, not the value', () => {
  expect(namesIn('TOKEN= # from the console\nBARE\n')).toMatchObject([
    { name: 'TOKEN', default: '', about: 'from the console' },
    { name: 'BARE', default: '' },
  ])
})

test('a default that mentions another name must take what that name got', () => {
  expect(namesIn('HOST=localhost\nURL=http://$HOST/\n')[1]).toMatchObject({
    default: 'http://localhost/',
  })
  expect(namesIn('HOST=localhost\nURL=http://$HOST/\n', { HOST: 'db1' })[1]).toMatchObject({
    default: 'http://db1/',
  })
})

test('a template that cannot be read must say where', () => {
  expect(readTemplate('A=1\nB C=2\n', () => undefined)).toMatchObject({ ok: false, line: 2 })
})
