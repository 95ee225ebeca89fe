import type { JsonValue, TextMatch } from '../../config/checks/leaves.ts'
import { compilePattern } from '../../config/pattern.ts'

/** Why a text does not match, or undefined when it does. */
export function textMismatch(text: string, match: TextMatch): string | undefined {
  if ('contains' in match) {
    return text.includes(match.contains) ? undefined : `lacks ${quoted(match.contains)}`
  }
  return matches(match.regex, text) ? undefined : `does not match /${match.regex}/`
}

/** Patterns were compiled once already when the configuration was read. */
export function matches(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern)
  if (compiled === undefined) throw new Error(`not a regular expression: ${pattern}`)
  return compiled.test(text)
}

/** Where JSON lacks what is expected, as `$.db.status is "down", not "up"`. More keys are fine. */
export function jsonMismatch(
  actual: JsonValue | undefined,
  expected: JsonValue,
  path = '$',
): string | undefined {
  if (Array.isArray(expected)) return arrayMismatch(actual, expected, path)
  if (!isObject(expected)) {
    if (actual === expected) return undefined
    const found = actual === undefined ? 'is missing' : `is ${shortJson(actual)}`
    return `${path} ${found}, not ${shortJson(expected)}`
  }
  if (!isObject(actual)) return `${path} is ${shortJson(actual)}, not an object`
  for (const [key, value] of Object.entries(expected)) {
    const own = Object.hasOwn(actual, key) ? actual[key] : undefined
    const mismatch = jsonMismatch(own, value, `${path}.${key}`)
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

function arrayMismatch(
  actual: JsonValue | undefined,
  expected: readonly JsonValue[],
  path: string,
): string | undefined {
  if (!Array.isArray(actual)) return `${path} is ${shortJson(actual)}, not a list`
  const list: readonly JsonValue[] = actual
  if (list.length !== expected.length) {
    return `${path} has ${list.length} entries, not ${expected.length}`
  }
  for (const [index, value] of expected.entries()) {
    const mismatch = jsonMismatch(list[index], value, `${path}[${index}]`)
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shortJson(value: JsonValue | undefined): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text)
}
