import { behaves } from './server/behaviour.ts'
import type { SimulatedFleet } from './simulated-fleet.ts'
import { factsOf, FRONT_DOOR, imageOf, SCOPE } from './shop.ts'

/** What stands in the way of saying that every server serves this version, and runs no other. */
export function servesOnly(fleet: SimulatedFleet, version: number): string[] {
  const { id } = factsOf(imageOf(version))
  return fleet.servers.flatMap((server) => {
    const { docker, proxy, name } = server
    const route = proxy.routeFor(FRONT_DOOR.host, FRONT_DOOR.path)
    const takers = route === undefined ? [] : server.takers(route)
    const all = [...docker.containers.values()].filter(
      ({ labels }) => labels['belay.service'] === 'web',
    )
    const web = all.filter((container) => container.state === 'running')
    const asleep = all.filter((container) => container.state !== 'running')
    const { state } = server.kit(SCOPE)
    const problems = [
      takers.length === 0 ? 'serves nothing' : '',
      takers.some(({ imageId }) => imageId !== id) ? 'serves another version' : '',
      web.some(({ imageId }) => imageId !== id) ? 'runs another version too' : '',
      web.length === fleet.shop.replicas ? '' : `runs ${web.length} replicas`,
      web.some(({ policy }) => policy !== 'always') ? 'would not come back after a reboot' : '',
      asleep.some(({ policy }) => policy === 'always') ? 'would wake an old one at a reboot' : '',
      state.decision().state === 'none' ? '' : 'left a decision open',
    ]
    return problems.filter((text) => text !== '').map((text) => `${name} ${text}`)
  })
}

export const BAD_IMAGES = {
  'an image that exits at once': behaves.exitsAtOnce,
  'an image that never gets healthy': behaves.neverHealthy,
  'an image that answers 500': behaves.answers(500),
  'an image that takes too long to start': behaves.healthyAfter(8000),
} as const
