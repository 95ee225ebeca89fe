import { at, entriesOf, itemsOf, textOf } from '../../config/compose/parts.ts'
import type { Tree } from '../../config/source/tree.ts'
import type { ComposeModel, ComposeService } from '../../plan/compose-model.ts'

/**
 * The compose file as far as a first guess needs it, read without Docker: `belay check` has the
 * whole truth later. Short forms become the long ones; what has no known form is left out.
 */
export function readCompose(file: Tree): ComposeModel {
  const services = entriesOf(at(file, 'services')).map(([name, tree]) => [name, readService(tree)])
  const name = textOf(at(file, 'name'))
  return { services: Object.fromEntries(services), ...(name === undefined ? {} : { name }) }
}

function readService(tree: Tree): ComposeService {
  const image = textOf(at(tree, 'image'))
  const restart = textOf(at(tree, 'restart'))
  const test = wordsOf(at(at(tree, 'healthcheck'), 'test'))
  return {
    ...(image === undefined ? {} : { image }),
    ...(at(tree, 'build') === undefined ? {} : { build: {} }),
    ...(restart === undefined ? {} : { restart }),
    ...(test.length === 0 ? {} : { healthcheck: { test } }),
    command: wordsOf(at(tree, 'command')),
    environment: Object.fromEntries(pairsOf(at(tree, 'environment'))),
    ports: itemsOf(at(tree, 'ports')).flatMap(readPort),
    expose: itemsOf(at(tree, 'expose')).flatMap((item) => textOf(item) ?? []),
    depends_on: Object.fromEntries(dependenciesOf(at(tree, 'depends_on'))),
  }
}

/** `8000`, `80:8000`, `127.0.0.1:80:8000/tcp`, or the long form. */
function readPort(tree: Tree): NonNullable<ComposeService['ports']> {
  const target = tree.kind === 'map' ? textOf(at(tree, 'target')) : textOf(tree)
  const [, port, protocol = 'tcp'] = /(?:^|:)(\d{1,5})(?:\/(tcp|udp))?$/.exec(target ?? '') ?? []
  const isUdp = protocol === 'udp' || textOf(at(tree, 'protocol')) === 'udp'
  return port === undefined || isUdp ? [] : [{ target: Number(port), published: '', protocol }]
}

function dependenciesOf(tree: Tree | undefined): [string, { condition: Condition }][] {
  const started = { condition: 'service_started' as const }
  if (tree?.kind === 'list') {
    return tree.items.flatMap((item) => {
      const name = textOf(item)
      return name === undefined ? [] : [[name, started] as [string, typeof started]]
    })
  }
  return entriesOf(tree).map(([name, value]) => {
    const written = textOf(at(value, 'condition'))
    const condition = CONDITIONS.find((each) => each === written) ?? 'service_started'
    return [name, { condition }]
  })
}

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'] as const
type Condition = (typeof CONDITIONS)[number]

/** `{ A: b }` or `[A=b]`. */
function pairsOf(tree: Tree | undefined): [string, string | null][] {
  if (tree?.kind === 'list') {
    return tree.items.flatMap((item) => {
      const [name = '', ...value] = (textOf(item) ?? '').split('=')
      return name === '' ? [] : [[name, value.join('=')] as [string, string]]
    })
  }
  return entriesOf(tree).map(([name, value]) => [name, textOf(value) ?? null])
}

function wordsOf(tree: Tree | undefined): string[] {
  const line = textOf(tree)
  return line === undefined ? itemsOf(tree).flatMap((item) => textOf(item) ?? []) : [line]
}
