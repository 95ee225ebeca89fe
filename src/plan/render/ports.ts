import type { ComposePort, ComposeService } from '../compose-model.ts'
import type { RenderContext } from './context.ts'
import { inform, refuse } from './rendered.ts'
import type { RenderRequest } from './request.ts'

/** Ports that a service goes on publishing: all but those whose requests come through the proxy. */
export function keptPorts(
  name: string,
  service: ComposeService,
  { request }: RenderContext,
): ComposePort[] {
  const ports = service.ports ?? []
  const routes = request.services[name]?.routes ?? []
  if (request.proxy === 'none' || routes.length === 0) return ports
  const routed = new Set(routes.map(({ port }) => port))
  const isRouted = (port: ComposePort): boolean =>
    (routed.has(port.target) && protocolOf(port) === 'tcp') || isOfProxy(port, request)
  return ports.filter((port) => !isRouted(port))
}

export function tellDroppedPorts(
  name: string,
  service: ComposeService,
  context: RenderContext,
): void {
  const kept = keptPorts(name, service, context)
  for (const port of (service.ports ?? []).filter((each) => !kept.includes(each))) {
    const text = `${shownPort(port)} is not published: its requests come through the proxy`
    inform(context.findings, `services.${name}.ports`, text)
  }
}

/** A port of the server that the proxy has, wanted by a service that the proxy knows nothing of. */
export function checkProxyPorts(
  name: string,
  service: ComposeService,
  { request, findings }: RenderContext,
): void {
  if (request.proxy === 'none') return
  const routed = (request.services[name]?.routes.length ?? 0) > 0
  for (const port of (service.ports ?? []).filter((each) => isOfProxy(each, request))) {
    if (routed) continue
    refuse(findings, {
      path: `services.${name}.ports`,
      text: `${shownPort(port)} is where Belay's own proxy listens`,
      hint:
        `Give ${name} routes in belay.yaml, leave it out with a profile, or say proxy: none ` +
        'to keep a proxy of your own.',
    })
  }
}

function isOfProxy({ published }: ComposePort, { proxyPorts = [80, 443] }: RenderRequest): boolean {
  return proxyPorts.includes(Number(published))
}

/** A port that only one container at a time can hold. */
export function isFixed({ published }: ComposePort): boolean {
  return published !== undefined && published !== '' && published !== '0'
}

export function shownPort(port: ComposePort): string {
  const address = port.host_ip === undefined ? '' : `${port.host_ip}:`
  const published = isFixed(port) ? `${address}${port.published}:` : ''
  const protocol = protocolOf(port)
  return `port ${published}${port.target}${protocol === 'tcp' ? '' : `/${protocol}`}`
}

function protocolOf({ protocol }: ComposePort): string {
  return protocol ?? 'tcp'
}
