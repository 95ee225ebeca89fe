import type { HttpAnswer, HttpQuestion } from '../../../src/hosts/host.ts'
import type { ToyContainer } from './simulated-docker.ts'
import { PROXY_NETWORK, type SimulatedServer } from './simulated-server.ts'

/** Answers an HTTP question as the proxy and the toy apps behind it would. */
export async function answer(server: SimulatedServer, question: HttpQuestion): Promise<HttpAnswer> {
  const { through } = question
  if (through.kind === 'port') return throughPort(server, through.port)
  if (through.kind === 'container') return throughContainer(server, through.container)
  if (!server.proxyRuns()) return notAsked('no-way', 'the proxy does not run')
  if (through.kind === 'slot') return throughSlot(server, through.upstream)
  return throughFrontDoor(server, question)
}

function throughPort(server: SimulatedServer, port: number): HttpAnswer {
  const holder = [...server.docker.containers.values()].find(
    (container) => container.ports.includes(port) && server.docker.listens(container),
  )
  return holder === undefined ? refused() : served(server, holder, 0)
}

function throughContainer(server: SimulatedServer, name: string): HttpAnswer {
  const container = server.docker.containers.get(name)
  if (container === undefined) return notAsked('no-such-name', `there is no container ${name}`)
  return server.docker.listens(container) ? served(server, container, 0) : refused()
}

function throughSlot(server: SimulatedServer, upstream: string): HttpAnswer {
  const alias = upstream.slice(0, upstream.lastIndexOf(':'))
  const named = server.docker.named(PROXY_NETWORK, alias)
  const taker = named.find((container) => server.docker.listens(container))
  if (taker !== undefined) return served(server, taker, 0)
  return named.length > 0 ? refused() : notAsked('no-such-name', `${alias}: no such host`)
}

/** A request chooses its upstream once; it is held there, and tried again, while nothing listens. */
async function throughFrontDoor(
  server: SimulatedServer,
  { host, path, timeoutMs }: HttpQuestion,
): Promise<HttpAnswer> {
  const began = server.clock.monotonic()
  const route = server.proxy.routeFor(host, path)
  if (route === undefined) return answered(404, 0)
  const [upstream = ''] = server.proxy.upstreams(route)
  for (;;) {
    const [taker] = server.takersAt(upstream)
    const waited = server.clock.monotonic() - began
    if (taker !== undefined) return served(server, taker, waited)
    if (waited >= timeoutMs) return notAsked('timeout', 'no answer in time')
    if (waited >= route.holdMs) return answered(502, waited)
    await server.wait(50)
  }
}

function served(server: SimulatedServer, container: ToyContainer, durationMs: number): HttpAnswer {
  return answered(server.docker.behaviourOf(container).status, durationMs, container.name)
}

function answered(status: number, durationMs: number, body = ''): HttpAnswer {
  return { kind: 'answered', status, headers: {}, body, durationMs }
}

function refused(): HttpAnswer {
  return notAsked('refused', 'connection refused')
}

function notAsked(
  why: Extract<HttpAnswer, { kind: 'not-asked' }>['why'],
  reason: string,
): HttpAnswer {
  return { kind: 'not-asked', why, reason }
}
