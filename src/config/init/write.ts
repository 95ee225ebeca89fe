import { stringify } from 'yaml'
import type { InitFacts, InitService } from './facts.ts'
import { healthOf, isProxyImage, portsOf } from './guess.ts'

export interface InitChoices {
  readonly app: string
  readonly hosts: readonly string[]
  readonly envFile?: string
  readonly web?: WebChoice
}

export interface WebChoice {
  readonly name: string
  readonly port: number
  readonly domain: string
  readonly health?: { readonly path: string; readonly port: number }
}

export function configText(facts: InitFacts, choices: InitChoices): string {
  const { composeFile } = facts
  const lines = [
    '# How Belay deploys this app. `belay check --explain` lists every setting there is;',
    '# `belay plan` shows what a deployment would do, and touches nothing.',
    `app: ${scalar(choices.app)}`,
    ...(composeFile === undefined ? [] : [`compose: ${scalar(composeFile)}`]),
    '',
    'environments:',
    '  production:',
    ...environmentLines(facts, choices).map(indented(4)),
    ...servicesLines(facts, choices),
  ]
  return `${lines.join('\n')}\n`
}

function environmentLines(
  { branch, variables = [] }: InitFacts,
  { hosts, envFile }: InitChoices,
): string[] {
  return [
    'hosts:',
    ...hosts.map((host) => `  - ${scalar(host)}`),
    ...(branch === undefined
      ? []
      : ['# Deploying from another branch asks first.', `branch: ${scalar(branch)}`]),
    ...envLines(variables, envFile),
  ]
}

function envLines(variables: readonly string[], file: string | undefined): string[] {
  if (file === undefined && variables.length === 0) return []
  const why =
    variables.length === 0
      ? '# Values for the compose file. Add `required: [NAME, …]` for those that must be set.'
      : '# Values for the compose file; nothing is deployed while one of `required` is empty.'
  return [
    why,
    'env:',
    ...(file === undefined ? [] : [`  file: ${scalar(file)}`]),
    ...(variables.length === 0 ? [] : ['  required:']),
    ...variables.map((name) => `    - ${name}`),
  ]
}

function servicesLines(facts: InitFacts, choices: InitChoices): string[] {
  const services = Object.keys(facts.model.services)
  const lines = services.flatMap((name) =>
    name === choices.web?.name ? webLines(facts, choices.web) : otherLines(facts, name),
  )
  const hasKeys = lines.some((line) => !line.startsWith('#'))
  if (!hasKeys) return lines.length === 0 ? [] : ['', ...lines]
  return ['', 'services:', ...lines.map(indented(2))]
}

function webLines(facts: InitFacts, { name, port, domain, health }: WebChoice): string[] {
  const service = facts.model.services[name] ?? {}
  return [
    `${scalar(name)}:`,
    ...(isProxyImage(service.image) ? OWN_PROXY : []),
    `  # Requests for this domain go to port ${port} of the container.`,
    '  routes:',
    `    - domain: ${scalar(domain)}`,
    `      port: ${port}`,
    ...(health === undefined ? unasked(service) : healthLines(health, port)).map(indented(2)),
  ]
}

const OWN_PROXY = [
  "  # It works behind Belay's own proxy. If it only passes requests on, give the routes to the",
  '  # services behind it, and leave it out on servers with a profile: docs/guide/compose.md',
]

/** Without a healthcheck either, a release would be kept because it runs. */
function unasked(service: InitService): string[] {
  return healthOf(service).kind === 'none'
    ? ['# Say which path answers 200 when it works:', '# health: /health']
    : []
}

function healthLines(health: { path: string; port: number }, port: number): string[] {
  const why = '# A release is kept only when this answers 200.'
  return health.port === port
    ? [why, `health: ${scalar(health.path)}`]
    : [why, 'health:', '  http:', `    path: ${scalar(health.path)}`, `    port: ${health.port}`]
}

function otherLines({ model, roles }: InitFacts, name: string): string[] {
  const { role, because } = roles[name] ?? { role: 'app', because: '' }
  if (role !== 'app') {
    return [
      `${scalar(name)}:`,
      ...(because === '' ? [] : [`  # ${comment(because)}`]),
      `  role: ${role}`,
    ]
  }
  const [port] = portsOf(model.services[name] ?? {})
  return port === undefined
    ? []
    : [`# ${comment(name)} listens on port ${port}: give it \`routes\` if users call it, too.`]
}

function indented(by: number): (line: string) => string {
  return (line) => (line === '' ? line : ' '.repeat(by) + line)
}

/** One value, in quotes where YAML needs them; `${…}` would be taken for a variable. */
function scalar(value: string): string {
  const escaped = value.replaceAll(/\$\{(?=[^{}\n]*\})/g, () => '$${')
  const isPlain = /^([A-Za-z0-9/]|\.[A-Za-z])[\w/.:@+?&=%-]*$/.test(escaped)
  return isPlain ? stringify(escaped, { lineWidth: 0 }).trimEnd() : JSON.stringify(escaped)
}

function comment(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, 90)
}
