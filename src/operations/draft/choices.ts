import type { AppConfig, CheckConfig } from '../../config/app-config.ts'
import type { ServiceChoice } from '../../plan/render/request.ts'

/** What `belay.yaml` says of services, as rendering asks for it; a smoke check speaks of one too. */
export function serviceChoices(config: AppConfig): Record<string, ServiceChoice> {
  const inSmoke = asksOfApp(config).flatMap(({ service }) =>
    service === undefined ? [] : [service],
  )
  const names = new Set([...Object.keys(config.services), ...inSmoke])
  return Object.fromEntries([...names].map((name) => [name, choiceOf(config, name)]))
}

/** A suite that no deployment asks can be asked by hand. */
function asksOfApp({ smoke, suites = {} }: AppConfig): readonly CheckConfig[] {
  return [...smoke, ...Object.values(suites).flat()]
}

function choiceOf(config: AppConfig, name: string): ServiceChoice {
  const { services } = config
  const { role, rollout, calls, routes = [], checks = [] } = services[name] ?? {}
  const asked = [...checks, ...asksOfApp(config).filter(({ service }) => service === name)]
  return {
    routes,
    checkPorts: asked.flatMap(portsAsked),
    ...(asked.length === 0 ? {} : { isChecked: true }),
    ...(role === undefined ? {} : { role }),
    ...(calls === undefined ? {} : { calls }),
    ...(rollout === undefined ? {} : { rollout }),
  }
}

/** A sequence of requests names a port in each of them. */
function portsAsked({ settings }: Pick<CheckConfig, 'settings'>): readonly number[] {
  const { port, steps } = settings
  if (Array.isArray(steps)) return steps.flatMap((step) => portsAsked({ settings: step }))
  return typeof port === 'number' ? [port] : []
}
