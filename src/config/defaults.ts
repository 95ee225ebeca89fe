import { parseDuration } from '../base/duration.ts'
import type { AppConfig, ServiceConfig } from './app-config.ts'

/** What holds where `belay.yaml` is silent: the schema, the guide and the code all read this. */
export const DEFAULTS = {
  environment: 'production',
  startTimeout: '60s',
  drain: '30s',
  wave: 1,
  keep: 5,
  watchdog: '60s',
  proxy: { image: 'caddy:2.11.4', httpPort: 80, httpsPort: 443, tls: 'auto', balancer: [] },
  proof: { samples: 3, interval: '100ms', soak: '0s' },
  check: { status: 200, timeout: '5s', commandTimeout: '10s' },
} as const

/** The settings of a service that `belay.yaml` does not name. */
export const SERVICE_DEFAULTS: ServiceConfig = {
  routes: [],
  checks: [],
  startTimeoutMs: milliseconds(DEFAULTS.startTimeout),
  drainMs: milliseconds(DEFAULTS.drain),
}

/** What applies to a service of the compose file, whether or not `belay.yaml` names it. */
export function serviceConfig(config: AppConfig, service: string): ServiceConfig {
  return Object.hasOwn(config.services, service)
    ? (config.services[service] ?? SERVICE_DEFAULTS)
    : SERVICE_DEFAULTS
}

function milliseconds(text: string): number {
  const parsed = parseDuration(text)
  if (parsed === undefined) throw new Error(`not a duration: ${text}`)
  return parsed
}
