import * as z from 'zod/mini'
import type { HttpAnswer, HttpQuestion, RunResult } from '../host.ts'
import type { ContainerPort } from './through.ts'

type NotAsked = Extract<HttpAnswer, { kind: 'not-asked' }>
type Run = (argv: readonly string[]) => Promise<RunResult>

/** Only what is needed: a container's environment is nobody's business here. */
const FORMAT =
  '{"running":{{json .State.Running}},"mode":{{json .HostConfig.NetworkMode}},' +
  '"ports":{{json .NetworkSettings.Ports}},"networks":{{json .NetworkSettings.Networks}}}'

const Bindings = z.nullish(z.array(z.object({ HostIp: z.string(), HostPort: z.string() })))
const Network = z.object({ IPAddress: z.optional(z.string()) })
const Inspected = z.object({
  running: z.boolean(),
  mode: z.string(),
  ports: z.nullish(z.record(z.string(), Bindings)),
  networks: z.nullish(z.record(z.string(), Network)),
})
type Inspected = z.infer<typeof Inspected>

/** A container that shares the network of one that shares another's, and so on. */
const SHARING_MAX = 3

/**
 * Where a container's port is asked on its host, without the proxy: where it is published, as users
 * find it, or by the container's own address. Whether something listens only the latter shows.
 */
export async function findPort(
  run: Run,
  { container, port, wish }: ContainerPort,
): Promise<Extract<HttpQuestion['through'], { kind: 'port' }> | NotAsked> {
  let name = container
  for (let shared = 0; shared < SHARING_MAX; shared += 1) {
    const inspected = await inspect(run, name)
    if (inspected === undefined) return notAsked('no-such-name', `there is no container ${name}`)
    if (!inspected.running) return notAsked('refused', `${name} does not run`)
    const owner = /^container:(.+)$/.exec(inspected.mode)?.[1]
    if (owner === undefined) return placeIn(inspected, port, wish)
    name = owner
  }
  return notAsked('no-way', `${container} has no network of its own`)
}

async function inspect(run: Run, container: string): Promise<Inspected | undefined> {
  const argv = ['docker', 'inspect', '--type', 'container', '--format', FORMAT, container]
  const { code, stdout } = await run(argv)
  return code === 0 ? Inspected.parse(JSON.parse(stdout)) : undefined
}

function placeIn(inspected: Inspected, port: number, wish: ContainerPort['wish']) {
  const { mode, ports, networks } = inspected
  if (mode === 'host') return at('127.0.0.1', port)
  const bindings = ports?.[`${port}/tcp`] ?? []
  const published = bindings.map((each) => at(loopbackFor(each.HostIp), Number(each.HostPort)))
  const own = Object.values(networks ?? {}).flatMap(({ IPAddress = '' }) =>
    IPAddress === '' ? [] : [at(IPAddress, port)],
  )
  const [place] = wish === 'answer' ? [...published, ...own] : [...own, ...published]
  return place ?? notAsked('no-way', 'it is on no network that the host reaches')
}

function loopbackFor(published: string): string {
  return ['', '0.0.0.0', '::'].includes(published) ? '127.0.0.1' : published
}

function at(address: string, port: number) {
  return { kind: 'port', address, port } as const
}

function notAsked(why: NotAsked['why'], reason: string): NotAsked {
  return { kind: 'not-asked', why, reason }
}
