import { stringify } from 'yaml'
import { configJsonSchema } from '../src/config/json-schema.ts'
import type { JsonSchema } from '../src/config/json-schema.ts'

/** `schema/belay.schema.json`, as the package ships it. */
export function publishedSchema(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`
}

const BEGIN = '<!-- reference: written by `node scripts/schema.mjs`, from the schema -->'
const END = '<!-- end of reference -->'

/** The guide with its reference made anew; what people wrote around it stays. */
export function publishedGuide(guide: string): string {
  const [before, rest] = guide.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`the guide has lost its marks: ${BEGIN} … ${END}`)
  return `${before}${BEGIN}\n\n${reference()}\n${END}${after}`
}

/** The chapters of the reference: whose keys, and what goes before them in an example. */
const CHAPTERS: readonly { readonly title: string; readonly path: string }[] = [
  { title: 'Top level', path: '' },
  { title: '`compose`', path: 'compose' },
  { title: '`env`', path: 'env' },
  { title: '`services.<name>`', path: 'services.*' },
  { title: '`services.<name>.routes[…]`', path: 'services.*.routes.*' },
  { title: '`test[…]`', path: 'test.*' },
  { title: '`build`', path: 'build' },
  { title: '`registry`', path: 'registry' },
  { title: '`migrate`', path: 'migrate' },
  { title: '`tasks[…]`', path: 'tasks.*' },
  { title: '`proxy`', path: 'proxy' },
  { title: '`proof`', path: 'proof' },
  { title: '`setup`', path: 'setup' },
  { title: '`setup.folders[…]`', path: 'setup.folders.*' },
  { title: '`notify[…]`', path: 'notify.*' },
  { title: '`notify[…].telegram`', path: 'notify.*.telegram' },
  { title: '`notify[…].slack`, and `discord`', path: 'notify.*.slack' },
  { title: '`notify[…].email`', path: 'notify.*.email' },
  { title: '`notify[…].webhook`', path: 'notify.*.webhook' },
  { title: '`notify[…].gitlab-summary`', path: 'notify.*.gitlab-summary' },
  { title: 'Checks: one of', path: 'smoke.*' },
  { title: '`http`', path: 'smoke.*.http' },
  { title: '`tcp`', path: 'smoke.*.tcp' },
  { title: '`command`, or `run`', path: 'smoke.*.command' },
  { title: '`logs`', path: 'smoke.*.logs' },
  { title: '`tls`', path: 'smoke.*.tls' },
  { title: '`websocket`', path: 'smoke.*.websocket' },
  { title: '`static`', path: 'smoke.*.static' },
  { title: '`postgres`', path: 'smoke.*.postgres' },
  { title: '`mysql`', path: 'smoke.*.mysql' },
  { title: '`redis`', path: 'smoke.*.redis' },
  { title: '`resources`', path: 'smoke.*.resources' },
  { title: '`script`', path: 'smoke.*.script' },
  { title: '`steps[…]`', path: 'smoke.*.steps.*' },
]

function reference(): string {
  const schema = configJsonSchema()
  return CHAPTERS.map(({ title, path }) => {
    const keys = objectAt(schema, path)
    const rows = Object.entries(keys.properties ?? {}).map(([key, inner]) =>
      row({ key, schema: inner, isRequired: keys.required?.includes(key) === true }),
    )
    return (
      `### ${title}\n\n| Key | What it says | Default | Example ` +
      `|\n|---|---|---|---|\n${rows.join('\n')}\n`
    )
  }).join('\n')
}

function row(of: { key: string; schema: JsonSchema; isRequired: boolean }): string {
  const { key, schema, isRequired } = of
  const example = schema.examples?.[0]
  const shown = example === undefined ? '' : code(yaml({ [key]: example }))
  const isGroup = objectOf(schema) !== undefined && isEmptyMap(schema.default)
  const absent = schema.default === undefined || isGroup ? '' : code(yaml(schema.default))
  return (
    `| \`${key}\` | ${cell(schema.description ?? '')} | ` +
    `${isRequired && key !== 'service' ? 'required' : absent} | ${shown} |`
  )
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** On one line, as one would write it in the file. */
function yaml(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .replace(/^\{ (.*) \}$/s, '$1')
}

function code(text: string): string {
  return cell(`\`${text}\``)
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}

/** The map that stands at a path; `*` goes into the items of a list, or the values of a map. */
function objectAt(root: JsonSchema, path: string): JsonSchema {
  let schema = root
  for (const step of path === '' ? [] : path.split('.')) {
    const inner = step === '*' ? insideOf(root, schema) : schema.properties?.[step]
    const found = inner === undefined ? undefined : objectOf(deref(root, inner))
    schema = found ?? deref(root, inner ?? {})
  }
  return schema
}

function insideOf(root: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  const { items, additionalProperties } = deref(root, schema)
  return items ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
}

function objectOf(schema: JsonSchema): JsonSchema | undefined {
  return [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties !== undefined)
}

function deref(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const name = schema.$ref?.replace('#/definitions/', '')
  return name === undefined ? schema : (root.definitions?.[name] ?? schema)
}
