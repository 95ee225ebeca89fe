import * as z from 'zod/mini'
import type { CheckConfig } from '../app-config.ts'
import { described, matching, optional } from '../source/leaves.ts'

/** The names that compose allows. */
export function serviceName() {
  return matching(
    /^[A-Za-z0-9._-]+$/,
    'the name of a service has only letters, digits and . _ - in it, as compose has it',
  )
}

/** Whether a check stands below its service, or has to name it. */
export type ServiceIs = 'implied' | 'named'

export type ServiceKey = { readonly service: z.ZodMiniOptional<z.ZodMiniString> }

/** Of a check that can do without: it means the service that clients reach. */
export function serviceKey(service: ServiceIs): Partial<ServiceKey> {
  if (service === 'implied') return {}
  const key = optional(serviceName(), {
    description:
      'Only in `smoke`: which service is asked; the one that has routes when there is only one.',
    examples: ['web'],
  })
  return { service: key }
}

export function needed(service: ServiceIs): Partial<ServiceKey> {
  if (service === 'implied') return {}
  const key = described(serviceName(), {
    description: 'Only in `smoke`, and needed there: which service is asked.',
    examples: ['cache'],
  })
  // Declared optional, so that all kinds have one type; the schema itself demands it.
  return { service: key as unknown as ServiceKey['service'] }
}

export function withService<Keys extends z.core.$ZodLooseShape>(
  keys: Keys,
  service: Partial<ServiceKey>,
) {
  return { ...service, ...keys } as Keys & ServiceKey
}

/** Keys that are each right must also fit together; the mistake is a sentence. */
export function consistent<Keys extends z.ZodMiniObject>(
  keys: Keys,
  mistakeIn: (written: z.output<Keys>) => string | undefined,
) {
  return keys.check(
    z.refine((written: z.output<Keys>) => mistakeIn(written) === undefined, {
      error: ({ input }) => mistakeIn(input as z.output<Keys>) ?? '',
    }),
  )
}

export function checkOf(
  kind: string,
  service: string | undefined,
  settings: CheckConfig['settings'],
): CheckConfig {
  return service === undefined ? { kind, settings } : { kind, service, settings }
}

/** Kinds that ask where clients do, unless they are told a port. */
const OVER_HTTP = ['http', 'websocket', 'static', 'steps']

/** Whether nobody said yet where it is asked: that is where a route leads, then. */
export function lacksPort({ kind, settings }: CheckConfig): boolean {
  if (!OVER_HTTP.includes(kind)) return false
  const { steps } = settings
  const each = Array.isArray(steps) ? (steps as readonly object[]) : [settings]
  return each.some((one) => !('port' in one) && !('url' in one))
}

export const JOB_HAS_ENDED =
  'a job has ended by the time that checks are asked; its exit code is its proof'
