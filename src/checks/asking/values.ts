import type { JsonValue } from '../../config/checks/leaves.ts'
import type { Saved, StepSettings } from '../../config/checks/steps.ts'
import { compilePattern } from '../../config/pattern.ts'
import type { Answered } from './wrong.ts'

/** What was saved, by name. */
export type Values = Readonly<Record<string, string>>

/** A value of an answer; undefined where there is none. */
export function valueIn(answer: Answered, from: Saved): string | undefined {
  if ('header' in from) return answer.headers[from.header.toLowerCase()]
  if ('json' in from) return jsonAt(answer.body, from.json)
  const found = compilePattern(from.regex)?.exec(answer.body)
  return found?.[1] ?? found?.[0]
}

/** What stands at `$.user.ids[0]`, as a text. */
function jsonAt(body: string, path: string): string | undefined {
  let at: unknown
  try {
    at = JSON.parse(body)
  } catch {
    return undefined
  }
  for (const [, key, index] of path.matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    if (typeof at !== 'object' || at === null) return undefined
    const name = key ?? index ?? ''
    at = Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined
  }
  if (typeof at === 'string') return at
  return typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined
}

/** The step with every `{{name}}` filled; or the first name that has no value. */
export function filled(
  step: StepSettings,
  values: Values,
): { readonly settings: StepSettings } | { readonly missing: string } {
  const { path, sendHeaders, send } = step
  const missing = namesIn([path, sendHeaders, send]).find((name) => !Object.hasOwn(values, name))
  if (missing !== undefined) return { missing }
  const plain = (text: string): string => fill(text, values)
  const inPath = fill(path, values, encodeURIComponent)
  const headers = mapped(sendHeaders, plain) as Readonly<Record<string, string>>
  const settings = { ...step, path: inPath, sendHeaders: headers }
  if (send === undefined) return { settings }
  return { settings: { ...settings, send: mapped(send, plain) as typeof send } }
}

const NAME = /\{\{([A-Za-z_][A-Za-z0-9_-]*)\}\}/g

function namesIn(data: unknown): readonly string[] {
  const text = typeof data === 'string' ? data : JSON.stringify(data ?? '')
  return [...text.matchAll(NAME)].map(([, name = '']) => name)
}

function fill(text: string, values: Values, as = (value: string): string => value): string {
  return text.replaceAll(NAME, (_, name: string) => as(values[name] ?? ''))
}

/** Every text in the data; its keys stay as they are. */
function mapped(data: unknown, change: (text: string) => string): JsonValue {
  if (typeof data === 'string') return change(data)
  if (Array.isArray(data)) return data.map((each) => mapped(each, change))
  if (typeof data !== 'object' || data === null) return data as JsonValue
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, mapped(value, change)]),
  )
}
