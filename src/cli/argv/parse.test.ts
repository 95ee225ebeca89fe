import { describe, expect, it } from 'vitest'
import { Failure } from '../../base/failure.ts'
import { COMMANDS } from '../commands/index.ts'
import { globalsOf, parse } from './parse.ts'

function understand(line: string) {
  const argv = line === '' ? [] : line.split(' ')
  return parse(argv, { commands: COMMANDS, version: '1.2.3' })
}

function command(line: string) {
  const parsed = understand(line)
  if (parsed.kind !== 'command') throw new Error(`only told: ${parsed.text}`)
  const { words, flags, globals } = parsed
  return { name: parsed.command.name, words, flags, globals }
}

function refusal(line: string): { message: string; hint: string; exit: string } {
  try {
    understand(line)
  } catch (error) {
    if (error instanceof Failure) {
      return { message: error.message, hint: error.hint, exit: error.exit }
    }
    throw error
  }
  throw new Error(`${line} was understood`)
}

/** A text is meant whole, a pattern in part. */
const like = (wanted: string | RegExp): unknown =>
  wanted instanceof RegExp ? expect.stringMatching(wanted) : wanted

describe('the command line', () => {
  it('takes flags of every command before and after its name', () => {
    for (const line of ['-C shop --json status production', 'status production --json -C shop']) {
      const { name, words, globals } = command(line)
      expect([name, words, globals.json, globals.directory]).toEqual([
        'status',
        ['production'],
        true,
        'shop',
      ])
    }
  })
  it('lets the later of two equal flags win', () => {
    expect(command('-C a status -C b').globals.directory).toBe('b')
  })
  it('reads flags as what they are', () => {
    const { flags } = command('deploy --wait 1m30s --again')
    expect(flags).toEqual({
      dryRun: false,
      wait: 90_000,
      steal: false,
      again: true,
      base: false,
      dirty: false,
      skipTests: false,
    })
    expect(command('logs -f -n 5 --host a').flags).toEqual({
      follow: true,
      lines: 5,
      release: undefined,
      host: 'a',
    })
    expect(command('status --no-color').globals.noColor).toBe(true)
    expect(command('status').globals).toEqual({
      directory: undefined,
      config: undefined,
      json: false,
      yes: false,
      quiet: false,
      verbose: false,
      noColor: false,
    })
  })
  it('understands commands of two words', () => {
    expect(command('lease show staging --yes')).toMatchObject({
      name: 'lease show',
      words: ['staging'],
      globals: { yes: true },
    })
    expect(command('--yes lease release').globals.yes).toBe(true)
  })
  it('leaves what belongs to another program alone, flags and all', () => {
    const { words, flags, globals } = command('exec --host a production web ls --json -la --host b')
    expect(words).toEqual(['production', 'web', 'ls', '--json', '-la', '--host', 'b'])
    expect([flags.host, globals.json]).toEqual(['a', false])
    expect(command('exec production web -- ls --help').words).toEqual([
      'production',
      'web',
      '--',
      'ls',
      '--help',
    ])
  })
  it('knows how to speak even where the rest makes no sense', () => {
    expect(globalsOf(['statsu', '--json', '--no-color'])).toMatchObject({
      json: true,
      noColor: true,
    })
    expect(globalsOf(['exec', 'web', '--', 'x', '--json']).json).toBe(false)
  })
})

describe('what cannot be understood', () => {
  it.each([
    ['statsu', "not understood: unknown command 'statsu'", 'Did you mean status?'],
    [
      'frobnicate',
      "not understood: unknown command 'frobnicate'",
      'belay --help lists the commands.',
    ],
    ['deploy --dryrun', "not understood: unknown option '--dryrun'", 'Did you mean --dry-run?'],
    ['--jsn status', "not understood: unknown option '--jsn'", 'Did you mean --json?'],
    ['lease relase', "not understood: unknown command 'relase'", 'Did you mean release?'],
    ['lease', 'belay lease needs one more word', 'belay lease --help shows how it is called.'],
    ['deploy a b', /too many arguments/, /--help/],
    ['deploy --wait', /argument missing/, /--help/],
    ['deploy --wait soon', '--wait cannot be "soon"', 'Give --wait a time like 30s, 5m or 1h.'],
    ['logs -n many', '--lines cannot be "many"', 'Give --lines a number from 1 to 10000.'],
    ['history -n 0', '--limit cannot be "0"', /from 1 to/],
  ])('%s is refused with what was probably meant', (line, message, hint) => {
    expect(refusal(line)).toEqual({ message: like(message), hint: like(hint), exit: 'input' })
  })
})

describe('help', () => {
  it('lists every command with its summary, and every exit code', () => {
    const parsed = understand('')
    const text = parsed.kind === 'told' ? parsed.text : ''
    for (const { name } of COMMANDS) expect(text).toContain(`  ${name.split(' ')[0]} `)
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(text).toMatch(`\n  ${code} `)
    expect(text).toContain('--no-color')
    expect(understand('--help')).toEqual(parsed)
  })
  it.each(COMMANDS.map((each) => [each.name, each] as const))(
    '%s has a page for people',
    (name, { summary, examples, flags, changes }) => {
      const parsed = understand(`${name} --help`)
      const text = parsed.kind === 'told' ? parsed.text : ''
      expect(text).toContain(`Usage: belay ${name}`)
      for (const example of examples) expect(text).toContain(`  ${example}\n`)
      expect(examples.length + Number(summary.length < 80)).toBeGreaterThan(0)
      expect(summary).not.toMatch(/^[A-Z]|\.$/)
      expect(!changes || 'dryRun' in flags).toBe(true)
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    },
  )
  it('tells the version', () => {
    expect(understand('-C x --version')).toEqual({ kind: 'told', text: '1.2.3\n' })
  })
})
