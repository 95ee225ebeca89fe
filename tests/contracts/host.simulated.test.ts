import type { Host } from '../../src/hosts/host.ts'
import { Deployer } from '../simulation/deployer.ts'
import { HEALTHY } from '../simulation/server/behaviour.ts'
import { SimulatedServer } from '../simulation/server/simulated-server.ts'
import { SimulatedHost } from '../simulation/simulated-host.ts'
import { VirtualClock } from '../simulation/virtual-clock.ts'
import { hostContract } from './host.suite.ts'

hostContract('the simulated host', async () => {
  const clock = new VirtualClock()
  const server = new SimulatedServer('here', clock)
  const image = 'busybox:stable'
  const facts = {
    id: `sha256:${'0'.repeat(64)}`,
    architecture: 'amd64',
    digests: [],
    layers: [],
    volumes: [],
    user: '',
    sizeBytes: 1_000_000,
  }
  server.docker.addImage(image, facts, { ...HEALTHY, readyMs: 0 })
  return {
    scope: { app: 'contract', environment: 'production' },
    image,
    link: () => driven(new SimulatedHost(server, new Deployer(clock)), clock),
    pass: (seconds) => clock.pass(seconds * 1000),
    word: async (name) => server.docker.data.read(placeOf(server, name)),
    write: async (name, word) => server.docker.data.write(placeOf(server, name), word),
    end: () => Promise.resolve(),
  }
})

function placeOf({ docker }: SimulatedServer, name: string): string {
  const container = docker.containers.get(name)
  if (container === undefined) throw new Error(`there is no ${name}`)
  return docker.data.placeOf(container)
}

/** Lets virtual time pass while a call is under way, so that tests can simply await it. */
function driven(host: Host, clock: VirtualClock): Host {
  return new Proxy(host, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => clock.run(Promise.resolve(value.apply(target, args)))
    },
  })
}
