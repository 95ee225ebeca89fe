import type { AppConfig } from '../../config/app-config.ts'
import type { ServiceChoice } from '../../plan/render/request.ts'

/** What `belay.yaml` says of services, as rendering asks for it; a smoke check speaks of one too. */
export function serviceChoices(config: AppConfig): Record<string, ServiceChoice> {
  const inSmoke = config.smoke.flatMap(({ service }) => (service === undefined ? [] : [service]))
  const names = new Set([...Object.keys(config.services), ...inSmoke])
  return Object.fromEntries([...names].map((name) => [name, choiceOf(config, name)]))
}

function choiceOf({ services, smoke }: AppConfig, name: string): ServiceChoice {
  const { role, rollout, calls, routes = [], checks = [] } = services[name] ?? {}
  const asked = [...checks, ...smoke.filter(({ service }) => service === name)]
  return {
    routes,
    checkPorts: asked.flatMap(({ settings }) =>
      typeof settings.port === 'number' ? [settings.port] : [],
    ),
    ...(asked.length === 0 ? {} : { isChecked: true }),
    ...(role === undefined ? {} : { role }),
    ...(calls === undefined ? {} : { calls }),
    ...(rollout === undefined ? {} : { rollout }),
  }
}
