import { isPlainName } from '../compose/caller-secrets.ts'
import { type EnvironmentParts, has } from './parts.ts'

/** A `.env.example` of what the compose files use; it never holds a value of the env file. */
export function templateText(parts: EnvironmentParts): string {
  const blocks = namesIn(parts).map((name) => blockOf(name, parts).join('\n'))
  return `${HEAD.join('\n')}\n\n${blocks.join('\n\n')}\n`
}

const HEAD = [
  '# What this app takes from its environment. Belay reads it as a template:',
  '#   NAME=          must get a value, from the env file or from whoever deploys',
  '#   NAME=default   is used where there is none',
  '#   # NAME=        may be left out',
]

/** In the order of the compose files, then what only the env file has. */
export function namesIn({ uses, envFile, required, variables }: EnvironmentParts): string[] {
  const used = uses.uses
    .map(({ name }) => name)
    .filter((name) => !(SYSTEM.test(name) && isPlainName(name) && has(variables, name)))
  const asked = required.map(({ name }) => name)
  const given = [...(envFile?.lines.keys() ?? [])].filter((name) => !OF_PROGRAMS.test(name))
  return [...new Set([...used, ...asked, ...given])]
}

const SYSTEM = /^(HOME|PWD|PATH|USER|UID|GID)$/
const OF_PROGRAMS = /^(COMPOSE|DOCKER|BUILDKIT|BUILDX|BELAY)_/

function blockOf(name: string, { uses, shown }: EnvironmentParts): string[] {
  const used = uses.uses.filter((use) => use.name === name)
  const [first] = used
  const comments = used.flatMap(({ otherwise }) =>
    otherwise.kind === 'demand' && otherwise.word !== '' ? [otherwise.word] : [],
  )
  const own = used.find(({ otherwise }) => otherwise.kind === 'default')?.otherwise
  const isFree = used.length > 0 && used.every(({ otherwise }) => FREE.has(otherwise.kind))
  const where = first === undefined ? [] : [`# ${placeOf(first, shown)}`]
  const word = own !== undefined && 'word' in own ? own.word : ''
  return [
    ...[...new Set(comments)].map((text) => `# ${text}`),
    ...where,
    isFree ? `# ${name}=${word}` : `${name}=`,
  ]
}

/** What works without a value. */
const FREE: ReadonlySet<string> = new Set(['default', 'passed', 'extra'])

function placeOf(
  { keys, file }: EnvironmentParts['uses']['uses'][number],
  shown: EnvironmentParts['shown'],
): string {
  return `${shown(file)}: ${keys.join('.')}`
}
