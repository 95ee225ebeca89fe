import * as z from 'zod/mini'
import { described, keyed, listOf, matching, optional, regex, turned } from '../source/leaves.ts'
import { httpKeys, httpMistake, httpSettings } from './http.ts'
import type { HttpSettings } from './http.ts'
import { headerName } from './leaves.ts'
import { consistent, withService } from './service.ts'
import type { ServiceKey } from './service.ts'

/** Where a value is found in an answer. */
export type Saved =
  | { readonly json: string }
  | { readonly header: string }
  | { readonly regex: string }

export type StepSettings = HttpSettings & {
  /** Values for later steps, by name. */
  readonly save: Readonly<Record<string, Saved>>
}

export type StepsSettings = { readonly steps: readonly StepSettings[] }

const ALLOWED = 'a list of steps is needed, such as [{ http: { path: /login } }]'

/** What may stand in `steps:`: each asks over HTTP, with the cookies of those before it. */
export function stepsList(service: Partial<ServiceKey>) {
  const http = consistent(keyed(withService(httpKeys(), service)), stepMistake)
  const step = keyed({
    http: described(http, {
      description:
        'One request, as in an `http` check; `{{name}}` stands for a value saved before.',
      examples: [{ path: '/login', 'send-form': { name: 'ann', password: 'secret' } }],
    }),
    save: optional(saved(), {
      description: 'Values of the answer for later steps, by name.',
      examples: [{ token: { json: '$.token' } }],
    }),
  })
  const few = [z.minLength(1, { error: ALLOWED }), z.maxLength(20, { error: 'at most 20 steps' })]
  return turned(listOf(step, ALLOWED).check(...few), (written) => ({
    service: written.map(({ http }) => http.service).find((name) => name !== undefined),
    settings: {
      steps: written.map(({ http, save = {} }) => ({ ...httpSettings(http), save })),
    } satisfies StepsSettings,
  }))
}

function stepMistake(written: Parameters<typeof httpMistake>[0]): string | undefined {
  if (written.cors !== undefined) return 'cors is a check of its own, not a step'
  return httpMistake(written)
}

function saved() {
  const name = matching(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'a name is needed, such as token')
  const jsonPath = matching(
    /^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[\d+\])+$/,
    'a place in JSON is needed, such as $.user.token or $.items[0].id',
  )
  const one = keyed({
    json: optional(jsonPath, { description: 'A place in JSON.', examples: ['$.token'] }),
    header: optional(headerName(), { description: 'A header.', examples: ['x-csrf-token'] }),
    regex: optional(regex(), {
      description: 'The first group of a pattern that is found in the body, or all of it.',
      examples: ['name="csrf" value="([^"]+)"'],
    }),
  }).check(
    z.refine((written) => Object.keys(written).length === 1, {
      error: 'exactly one of json, header and regex is needed',
    }),
  )
  const chosen = turned(one, ({ json, header, regex }): Saved => {
    if (json !== undefined) return { json }
    return header === undefined ? { regex: regex ?? '' } : { header }
  })
  return z.record(name, chosen, { error: 'a map is needed, such as { token: { json: $.token } }' })
}
