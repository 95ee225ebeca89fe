import type { Check } from './check.ts'
import { command } from './command.ts'
import { container } from './container.ts'
import { health } from './health.ts'
import { http } from './http.ts'
import { logs } from './logs.ts'
import { tcp } from './tcp.ts'

/** Every kind of check there is. The first two hold for all services without being asked for. */
export const CHECKS = [container, health, http, tcp, command, logs] as const

/** A release's record carries settings as data; its schema says that they fit their kind. */
export function checkOf(kind: string): Check<unknown> | undefined {
  return CHECKS.find((check) => check.kind === kind) as Check<unknown> | undefined
}
