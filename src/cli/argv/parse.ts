import { Command as Parser, CommanderError, Option } from 'commander'
import { nearest } from '../../config/source/nearest.ts'
import type { Command } from '../commands/command.ts'
import { notUnderstood, wordMissing } from '../failures.ts'
import { flagName, GLOBAL_FLAGS } from './flags.ts'
import type { Flags, Globals } from './flags.ts'
import type { Manner } from '../output/speech.ts'
import { describeCommand, describeGroup, describeProgram } from './help.ts'

/** What was typed, understood. `told`: only help was wanted, and here it is. */
export type Parsed =
  | { readonly kind: 'told'; readonly text: string }
  | {
      readonly kind: 'command'
      readonly command: Command
      readonly words: readonly string[]
      readonly flags: Readonly<Record<string, unknown>>
      readonly globals: Globals
    }

/** Understands the command line, or fails with what was probably meant. */
export function parse(
  argv: readonly string[],
  { commands, version }: { commands: readonly Command[]; version: string },
): Parsed {
  let told = ''
  let parsed: Parsed | undefined
  const program = prepare(new Parser('belay'), (text) => (told += text))
  program.enablePositionalOptions().version(version, '-V, --version', 'print the version')
  describeProgram(program)
  for (const command of commands) {
    if (!isMentioned(command, argv)) {
      list(program, command)
      continue
    }
    add(program, command, (words, raw) => {
      parsed = { kind: 'command', command, words, ...read(raw, command.flags) }
    })
  }
  try {
    program.parse(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'told', text: told }
    throw usageFailure(error, argv)
  }
  if (parsed === undefined) throw new Error('the command line was neither understood nor refused')
  return parsed
}

/** The flags that concern how to speak, even where the rest makes no sense. */
export function globalsOf(argv: readonly string[]): Manner {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const has = (flag: string): boolean => own.includes(flag)
  return {
    json: has('--json'),
    quiet: has('--quiet'),
    verbose: has('--verbose'),
    noColor: has('--no-color'),
  }
}

function prepare(parser: Parser, tell: (text: string) => void): Parser {
  parser.exitOverride().configureOutput({ writeOut: tell, writeErr: () => {} })
  addFlags(parser, GLOBAL_FLAGS, 'Flags of every command:')
  return parser
}

function addFlags(parser: Parser, flags: Flags, heading: string): void {
  for (const [key, { short, value, summary }] of Object.entries(flags)) {
    const names = `${short === undefined ? '' : `-${short}, `}--${flagName(key)}`
    const option = new Option(value === undefined ? names : `${names} <${value}>`, summary)
    // `--no-color` is a flag of its own here, not the opposite of `--color`.
    option.negate = false
    option.attributeName = () => key
    parser.addOption(option.helpGroup(heading))
  }
}

/** Only what was typed needs its flags: building those of all commands takes longer than parsing. */
function isMentioned({ name }: Command, argv: readonly string[]): boolean {
  return argv.includes(name.split(' ')[0] ?? '')
}

/** For the list of commands, and for what was probably meant. */
function list(program: Parser, { name, group, summary }: Command): void {
  const [first = '', second] = name.split(' ')
  if (second === undefined) program.command(first).summary(summary).helpGroup(`${group}:`)
  else groupIn(program, first)
}

function add(
  program: Parser,
  command: Command,
  chosen: (words: readonly string[], raw: Record<string, string | true>) => void,
): void {
  const [first = '', second] = command.name.split(' ')
  const parent = second === undefined ? program : groupIn(program, first)
  const parser = parent.command(second ?? first)
  addFlags(parser, command.flags, 'Flags:')
  addFlags(parser, GLOBAL_FLAGS, 'Flags of every command:')
  describeCommand(parser, command)
  for (const { name, summary, many } of command.arguments) {
    parser.argument(many === true ? `[${name}...]` : `[${name}]`, summary)
  }
  if (command.passesThrough === true) parser.passThroughOptions()
  parser.action(() => chosen(wordsOf(parser), typed(parser)))
}

function wordsOf(parser: Parser): string[] {
  return parser.args.flat()
}

/** `belay lease` and `belay host` hold commands of their own. */
function groupIn(program: Parser, name: string): Parser {
  const known = program.commands.find((parser) => parser.name() === name)
  if (known !== undefined) return known
  const group = program.command(name)
  addFlags(group, GLOBAL_FLAGS, 'Flags of every command:')
  describeGroup(group)
  return group
}

/** What was typed, here and before: a later word wins. */
function typed(parser: Parser): Record<string, string | true> {
  const before = parser.parent === null ? {} : typed(parser.parent)
  const own = Object.entries(parser.opts<Record<string, string | true>>()).filter(
    ([key]) => parser.getOptionValueSource(key) === 'cli',
  )
  return { ...before, ...Object.fromEntries(own) }
}

function read(
  raw: Readonly<Record<string, string | true>>,
  flags: Flags,
): { flags: Record<string, unknown>; globals: Globals } {
  const values = (of: Flags): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(of).map(([key, flag]) => [key, flag.read(raw[key], flagName(key))]),
    )
  return { flags: values(flags), globals: values(GLOBAL_FLAGS) as unknown as Globals }
}

/** Commander's own words, as a problem and what was probably meant. */
function usageFailure(error: CommanderError, argv: readonly string[]): Error {
  if (error.code === 'commander.help') {
    const group = argv.find((word) => !word.startsWith('-')) ?? ''
    return wordMissing({ command: group, what: 'one more word' })
  }
  const [problem = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const meant = /\(Did you mean (.+)\?\)/.exec(suggestion ?? '')?.[1]
  // Some of its sentences end with a full stop.
  return notUnderstood({
    problem: problem.replace(/\.$/, ''),
    near: meant ?? globalMeant(problem),
  })
}

/** Commander suggests only what its help page lists; the first page lists flags in its own way. */
function globalMeant(problem: string): string | undefined {
  const typed = /^unknown option '--(.+)'$/.exec(problem)?.[1]
  const near = typed && nearest(typed, [...Object.keys(GLOBAL_FLAGS).map(flagName), 'version'])
  return near && `--${near}`
}
