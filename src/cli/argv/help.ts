import { Option } from 'commander'
import type { Command as Parser } from 'commander'
import { EXIT } from '../../base/exit.ts'
import type { Command } from '../commands/command.ts'
import { type Flag, flagName, GLOBAL_FLAGS } from './flags.ts'

const INTRODUCTION = [
  'Deploys a docker-compose app to your own servers over SSH, and keeps a release',
  'only when it has proved itself.',
]

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'as asked, or nothing to do',
  bug: 'a bug in Belay',
  input: 'wrong input; nothing was touched',
  unavailable: 'not possible now; nothing was touched',
  rolledBack: 'failed, and the previous release serves',
  critical: 'a person is needed',
  tests: 'your tests failed; nothing was touched',
  build: 'building or shipping failed; nothing was touched',
  interrupted: 'interrupted; the servers are put back, or the next run does it',
}

const GROUP_SUMMARIES: Readonly<Record<string, string>> = {
  ci: 'write the file of a CI system',
  lease: 'see or free the lease that keeps two runs apart',
  hook: 'deploy by git push to a server',
  host: 'examine a server, or trust its host key',
  notify: 'try out who is told of runs',
}

export function describeProgram(program: Parser): void {
  program
    .description(INTRODUCTION.join('\n'))
    .usage('<command> [environment] [flags]')
    .addHelpOption(helpOption())
    .configureHelp({
      subcommandTerm: termOf,
      visibleOptions: () => [],
      visibleCommands: ({ commands }) => [...commands],
    })
    .addHelpText('after', ['', ...flagLines(), '', ...exitLines()].join('\n'))
}

export function describeCommand(parser: Parser, command: Command): void {
  const words = command.arguments.map(({ name, required, many }) => {
    const word = many === true ? `${name}…` : name
    return required ? `<${word}>` : `[${word}]`
  })
  parser
    .summary(command.summary)
    .description([sentence(command.summary), command.details.join(' ')].join('\n'))
    .usage([...words, '[flags]'].join(' '))
    .addHelpOption(helpOption())
    .helpGroup(`${command.group}:`)
    .configureHelp({})
    .addHelpText('after', examplesOf(command))
}

export function describeGroup(parser: Parser): void {
  parser
    .summary(GROUP_SUMMARIES[parser.name()] ?? '')
    .description(sentence(GROUP_SUMMARIES[parser.name()] ?? ''))
    .usage('<command> [flags]')
    .addHelpOption(helpOption())
    .helpCommand(false)
    .helpGroup('Operate:')
    .configureHelp({ subcommandTerm: termOf })
}

function helpOption(): Option {
  return new Option('-h, --help', 'show this page').helpGroup('Flags of every command:')
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

function examplesOf({ examples }: Command): string {
  if (examples.length === 0) return ''
  return ['', 'Examples:', ...examples.map((line) => `  ${line}`)].join('\n')
}

/** Below the commands, which are what a reader looks for. */
function flagLines(): string[] {
  const flags = Object.entries<Flag<unknown>>(GLOBAL_FLAGS).map(
    ([key, { short, value, summary }]) => {
      const term = `${short === undefined ? '' : `-${short}, `}--${flagName(key)}`
      return [`${term}${value === undefined ? '' : ` <${value}>`}`, summary] as const
    },
  )
  const others = [
    ['-h, --help', 'show this, or the page of a command'],
    ['-V, --version', 'print the version'],
  ] as const
  return [
    'Flags of every command:',
    ...[...flags, ...others].map(([term, summary]) => `  ${term.padEnd(22)} ${summary}`),
  ]
}

function exitLines(): string[] {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[]
  const lines = names.map((name) => `  ${String(EXIT[name]).padEnd(5)}${EXIT_MEANINGS[name]}`)
  return ['Exit codes:', ...lines]
}

/** In a list, a command is its name: the rest stands on its own page. */
function termOf(parser: Parser): string {
  return parser.name()
}
