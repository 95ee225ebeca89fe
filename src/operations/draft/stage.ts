import type { ProxyConfig } from '../../config/app-config.ts'
import type { Stage, StagedFile } from '../../hosts/host.ts'
import { proxyProject } from '../../hosts/proxies/caddy.ts'
import { siteConfig } from '../../hosts/proxies/caddy-site.ts'
import type { SiteRoute } from '../../hosts/proxies/proxy.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Release } from '../../plan/release.ts'
import { siteKey } from '../../rollouts/prelude.ts'

/** By host: the release's folder as that host gets it. */
export type Stages = ReadonlyMap<string, Stage>

export interface StageRequest {
  readonly release: Release
  readonly compose: ComposeModel
  readonly base: ComposeModel
  readonly shipped: readonly StagedFile[]
  readonly proxy: ProxyConfig
}

/** Everything that a release needs on a host, in one folder. */
export function stageOf(request: StageRequest): Stage {
  const { release, compose, base, shipped } = request
  return {
    release: release.id,
    files: [
      json('release.json', release),
      json('compose.json', compose),
      json('base.json', base),
      ...(release.proxy === 'shared' ? sharedProxy(request) : []),
      ...shipped,
    ],
  }
}

function sharedProxy({ release, proxy }: StageRequest): StagedFile[] {
  const site = siteConfig({
    key: siteKey(release),
    routes: siteRoutes(release),
    tls: release.tls,
    balancer: proxy.balancer,
  })
  return [
    text({ path: 'site.caddy', content: site, mode: 0o600 }),
    ...proxyProject(proxy).map((file) => ({ ...file, path: `proxy/${file.path}` })),
  ]
}

function siteRoutes(release: Release): SiteRoute[] {
  return release.services.flatMap(({ routes, routeKey, rollout, holdSeconds }) =>
    routeKey === undefined
      ? []
      : routes.map((route) => ({ ...route, routeKey, rollout, holdSeconds })),
  )
}

export function json(path: string, value: unknown): StagedFile {
  return text({ path, content: `${JSON.stringify(value)}\n`, mode: 0o600 })
}

function text(file: { path: string; content: string; mode: number }): StagedFile {
  return { ...file, content: new TextEncoder().encode(file.content) }
}
