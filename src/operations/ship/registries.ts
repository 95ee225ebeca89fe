import { formatDuration } from '../../base/duration.ts'
import { Failure } from '../../base/failure.ts'
import { type RegistryConfig, registryOf } from '../../config/pipeline/registries/registry.ts'
import type { Host, OnProgress } from '../../hosts/host.ts'
import { pinned } from '../../hosts/shipping/registry/words.ts'
import { type Fleet, each, hostNamed } from '../fleet.ts'
import type { World } from '../world.ts'
import type { PushTarget } from './targets.ts'

/** An image that was built, and where it is to go on its way. */
export interface BuiltImage {
  readonly reference: string
  readonly id: string
  readonly push: PushTarget
}

/** One that has too much to do is asked again: so often, and after so long where it does not say. */
const PAUSES_MS = [2000, 5000, 15_000]
const PAUSE_MAX_MS = 60_000

/** Pulls and pushes of one run, with the logins of `belay.yaml`. */
export class Registries {
  readonly #world: World
  readonly #fleet: Fleet
  readonly #known: readonly RegistryConfig[]
  readonly #published = new Map<string, Promise<string | undefined>>()

  constructor(world: World, fleet: Fleet, known: readonly RegistryConfig[]) {
    this.#world = world
    this.#fleet = fleet
    this.#known = known
  }

  /** With the login of its registry; as the host itself would where none is given. */
  async pull(host: Host, reference: string, onProgress: OnProgress): Promise<void> {
    const registry = registryOf(reference, this.#known)
    if (registry === undefined) return host.images.pull(reference, onProgress)
    await this.#patiently(registry, onProgress, () =>
      host.images.pullThrough({ reference, registry }, onProgress),
    )
  }

  /** From this machine or a host to the registry, and from there to this one. False: nobody has it. */
  async bring(host: Host, image: BuiltImage, onProgress: OnProgress): Promise<boolean> {
    const { reference, id, push } = image
    const publishing = this.#published.get(reference) ?? this.#publish(image)
    this.#published.set(reference, publishing)
    const pushed = await publishing
    if (pushed === undefined) return false
    const pull = { reference: pushed, registry: push.registry, image: { id, name: reference } }
    await this.#patiently(push.registry, onProgress, () =>
      host.images.pullThrough(pull, onProgress),
    )
    return true
  }

  /** The name with the digest, once for all hosts. */
  async #publish({ reference, id, push }: BuiltImage): Promise<string | undefined> {
    const { target, registry } = push
    const tellFrom = (host: string) => (text: string) =>
      this.#world.tell({ type: 'progress', host, text })
    const pushing = { image: reference, target, registry }
    const here = (await this.#world.workstation.imageFacts([reference]))[reference]
    if (here?.id === id) {
      return this.#patiently(registry, tellFrom(''), () =>
        this.#world.workstation.pushThrough(pushing, tellFrom('')),
      )
    }
    const found = await each(this.#fleet.names, async (name) => {
      const facts = (await hostNamed(this.#fleet, name).imageIds([reference]))[reference]
      return facts?.id === id ? [{ name, digests: facts.digests }] : []
    })
    const known = found.flat().flatMap(({ digests }) => digests)
    const earlier = known.find((digest) => digest.startsWith(pinned(target, '')))
    if (earlier !== undefined) return earlier
    const name = found.flat()[0]?.name
    if (name === undefined) return undefined
    return this.#patiently(registry, tellFrom(name), () =>
      hostNamed(this.#fleet, name).images.pushThrough(pushing, tellFrom(name)),
    )
  }

  async #patiently<T>(
    { server }: RegistryConfig,
    onProgress: OnProgress,
    work: () => Promise<T>,
  ): Promise<T> {
    const { workstation, clock, signal } = this.#world
    for (const pause of PAUSES_MS) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'REGISTRY_BUSY') throw error
        const wait = (await workstation.registryPause(server)) ?? pause
        if (wait > PAUSE_MAX_MS || signal?.aborted) throw error
        onProgress(`${server} has too much to do: asking again in ${formatDuration(wait)}`)
        await clock.sleep(wait, signal)
      }
    }
    return work()
  }
}
