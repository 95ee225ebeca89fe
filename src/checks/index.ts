import type { Check } from './check.ts'
import { command } from './command.ts'
import { container } from './container.ts'
import { database } from './database.ts'
import { health } from './health.ts'
import { http } from './http.ts'
import { logs } from './logs.ts'
import { resources } from './resources.ts'
import { script } from './script.ts'
import { staticFiles } from './static.ts'
import { steps } from './steps.ts'
import { tcp } from './tcp.ts'
import { tls } from './tls.ts'
import { websocket } from './websocket.ts'

/** Every kind of check there is. The first two hold for all services without being asked for. */
export const CHECKS = [
  container,
  health,
  http,
  tcp,
  command,
  logs,
  steps,
  tls,
  websocket,
  staticFiles,
  database,
  resources,
  script,
] as const

/** A release's record carries settings as data; its schema says that they fit their kind. */
export function checkOf(kind: string): Check<unknown> | undefined {
  return CHECKS.find((check) => check.kind === kind) as Check<unknown> | undefined
}
