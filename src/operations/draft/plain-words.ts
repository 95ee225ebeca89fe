import type { AppConfig } from '../../config/app-config.ts'

/** What belay.yaml says in plain words: a domain, a server, a branch. It is no secret elsewhere. */
export function plainWords(config: AppConfig): ReadonlySet<string> {
  const { app, environment, hosts, branch, services, smoke, suites, proxy, build } = config
  return new Set(textsIn([app, environment, hosts, branch, services, smoke, suites, proxy, build]))
}

function textsIn(data: unknown): readonly string[] {
  if (typeof data === 'string') return [data]
  if (typeof data !== 'object' || data === null) return []
  return [...Object.keys(data), ...Object.values(data).flatMap(textsIn)]
}
