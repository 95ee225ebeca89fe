import * as z from 'zod/mini'
import { compact, duration, keyed, line, matching, optional } from '../../source/leaves.ts'
import { described, listOf, turned, withDefault } from '../../source/leaves.ts'
import type { Problem } from '../../source/problem.ts'
import { nodeAt, type MapTree } from '../../source/tree.ts'

/** A registry that asks for a password, or that built images go through. */
export interface RegistryConfig {
  /** As in an image's name: `registry.example.com:5000`. */
  readonly server: string
  /** Both or neither. */
  readonly login?: { readonly username: string; readonly password: string }
  /** Where built images are pushed to; of one registry at most. */
  readonly repository?: string
  readonly timeoutMs: number
}

export type WrittenRegistry = z.output<ReturnType<typeof registry>>

const ALLOWED = 'a map is needed, such as { server: registry.example.com }, or a list of those'

/** The key `registry`: one, or a list. */
export function registryKey() {
  const one = registry()
  const all = z.union([turned(one, (it) => [it]), listOf(one, ALLOWED)], { error: ALLOWED })
  return withDefault(all, [], {
    description:
      'Registries with a password, and the one that built images go through. Left out, built ' +
      'images are sent over SSH, and servers pull what they may.',
    examples: [{ server: 'registry.example.com', repository: 'acme/shop' }],
  })
}

function registry() {
  const server = matching(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
    'a name with no https:// before it and nothing behind it is needed, such as registry.example.com',
  )
  const repository = matching(
    /^[a-z0-9]([a-z0-9._/-]|\{service\})*$/,
    'a name in small letters is needed, such as acme/shop or acme/{service}',
  )
  return keyed({
    server: described(server, {
      description: "As it stands in an image's name, with its port where it has one.",
      examples: ['registry.example.com:5000'],
    }),
    username: optional(line('a text of one line is needed'), {
      description: 'Who logs in: here and on the servers, for one run.',
      examples: ['${REGISTRY_USER}'],
    }),
    password: optional(line('a text of one line is needed'), {
      description: 'A password or a token. Write a variable; what it holds is printed nowhere.',
      examples: ['${REGISTRY_PASSWORD}'],
    }),
    repository: optional(repository, {
      description:
        'Built images are pushed here, and the servers pull them by digest. `{service}` stands for ' +
        "the service's name.",
      examples: ['acme/{service}'],
    }),
    timeout: withDefault(duration('10s', '6h'), '30m', {
      description: 'How long one push or pull may take.',
      examples: ['10m'],
    }),
  })
}

export function resolveRegistries(written: readonly WrittenRegistry[]): readonly RegistryConfig[] {
  return written.map(({ server, username, password, repository, timeout }) =>
    compact({
      server,
      login: username === undefined || password === undefined ? undefined : { username, password },
      repository,
      timeoutMs: timeout,
    }),
  )
}

/** What is to be printed nowhere, wherever it came from. */
export function passwordsOf(written: readonly WrittenRegistry[]): readonly string[] {
  return written.flatMap(({ password }) => (password === undefined ? [] : [password]))
}

/** Half a login, a registry twice, and two that built images would go to. */
export function registryProblems(
  { registry: written }: { readonly registry: readonly WrittenRegistry[] },
  tree: MapTree,
): readonly Problem[] {
  const isList = nodeAt(tree, ['registry'])?.kind === 'list'
  const problems: Problem[] = []
  for (const [index, it] of written.entries()) {
    const path = ['registry', ...(isList ? [index] : [])]
    const say = (key: string, text: string): void => {
      const node = nodeAt(tree, [...path, key]) ?? nodeAt(tree, path) ?? tree
      problems.push({ at: node.at, path: node.path, text: `${node.path}: ${text}` })
    }
    const earlier = written.slice(0, index)
    if (it.username !== undefined && it.password === undefined)
      say('username', 'password is missing')
    if (it.password !== undefined && it.username === undefined)
      say('password', 'username is missing')
    if (earlier.some(({ server }) => server === it.server)) say('server', 'is in the list already')
    if (it.repository !== undefined && earlier.some(({ repository }) => repository !== undefined)) {
      say(
        'repository',
        'built images go to one registry, and another one of the list has a repository',
      )
    }
  }
  return problems
}

/** The registry that an image's name leads to, if it is one of these. */
export function registryOf(
  reference: string,
  registries: readonly RegistryConfig[],
): RegistryConfig | undefined {
  const [first = '', ...rest] = reference.split('/')
  const isServer = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const server = isServer ? first : 'docker.io'
  return registries.find((registry) => registry.server === server)
}
