import type { Slot } from '../../../src/base/names.ts'
import type { ImageFacts } from '../../../src/hosts/host.ts'
import { type Behaviour, behaviourOfCommand, HEALTHY, schemaOfCommand } from './behaviour.ts'
import { ToyData } from './data/toy-data.ts'
import { readCompose, type ToyProject, type ToyService } from './toy-compose.ts'
import type { VirtualClock } from '../virtual-clock.ts'

/** What an instruction that failed leaves behind: the lines that the kit would print. */
export class ToyFailure extends Error {
  readonly lines: readonly string[]

  constructor(...lines: readonly string[]) {
    super(lines.join('; '))
    this.lines = lines
  }
}

export interface ToyContainer {
  readonly id: string
  name: string
  readonly project: string
  /** Compose's service label. */
  readonly service: string
  readonly labels: Readonly<Record<string, string>>
  readonly imageId: string
  readonly command: readonly string[]
  readonly hasHealthcheck: boolean
  readonly ports: readonly number[]
  /** Real names of volumes. */
  readonly volumes: readonly string[]
  /** Aliases by network. */
  readonly networks: Map<string, readonly string[]>
  state: 'created' | 'running' | 'exited'
  /** It got SIGTERM: it runs, and listens no more. */
  stopping: boolean
  exitCode: number
  /** Docker was told to end it. */
  wasStopped: boolean
  restarts: number
  policy: string
  /** On the virtual clock. */
  startedAt: number
  starts: number
}

export interface ToyImage {
  readonly facts: ImageFacts
  readonly behaviour: Behaviour
}

export interface UpRequest {
  readonly project: string
  /** The rendered compose file. */
  readonly text: string
  readonly slot: Slot | undefined
  readonly services: readonly string[]
  readonly scale: Readonly<Record<string, number>>
}

/** JSON has no infinity: what is null was never. */
function readBack(behaviour: Behaviour): Partial<Behaviour> {
  return Object.fromEntries(
    Object.entries(behaviour).map(([key, value]) => [key, value ?? Number.POSITIVE_INFINITY]),
  )
}

export function copyMap<Key, Value>(from: ReadonlyMap<Key, Value>, to: Map<Key, Value>): void {
  for (const [key, value] of from) to.set(key, value)
}

/** Containers, images, networks and volumes of one server, in memory and on virtual time. */
export class SimulatedDocker {
  readonly containers = new Map<string, ToyContainer>()
  /** The project that made it, by name. */
  readonly networks = new Map<string, string>()
  readonly volumes = new Map<string, string>()
  readonly images = new Map<string, ToyImage>()
  /** Image ids by reference. */
  readonly tags = new Map<string, string>()
  /** Of the one database that all containers here share. */
  schema = 0
  readonly data = new ToyData()
  readonly #clock: VirtualClock
  readonly #wait: (ms: number) => Promise<void>
  readonly #changed: () => void
  #made = 0

  constructor(at: {
    readonly clock: VirtualClock
    readonly wait: (ms: number) => Promise<void>
    readonly changed: () => void
  }) {
    this.#clock = at.clock
    this.#wait = at.wait
    this.#changed = at.changed
  }

  /** Becomes like another one, in which nothing is under way. */
  copy(other: SimulatedDocker): void {
    for (const [name, container] of other.containers) {
      this.containers.set(name, { ...container, networks: new Map(container.networks) })
    }
    copyMap(other.networks, this.networks)
    copyMap(other.volumes, this.volumes)
    copyMap(other.images, this.images)
    copyMap(other.tags, this.tags)
    this.schema = other.schema
    this.data.copy(other.data)
    this.#made = other.#made
  }

  imageOf(reference: string): ToyImage | undefined {
    return this.images.get(reference) ?? this.images.get(this.tags.get(reference) ?? '')
  }

  addImage(reference: string, facts: ImageFacts, behaviour: Behaviour = HEALTHY): void {
    this.images.set(facts.id, { facts, behaviour })
    this.tags.set(reference, facts.id)
  }

  factsOf(references: readonly string[]): Record<string, ImageFacts | null> {
    return Object.fromEntries(
      references.map((reference) => [reference, this.imageOf(reference)?.facts ?? null]),
    )
  }

  /** Images as text: what a toy `docker save` prints, and `load` reads. */
  save(references: readonly string[]): string {
    return JSON.stringify(references.map((reference) => [reference, this.imageOf(reference)]))
  }

  load(archive: string): void {
    const images = JSON.parse(archive) as [string, ToyImage][]
    for (const [reference, { facts, behaviour }] of images) {
      this.addImage(reference, facts, { ...HEALTHY, ...readBack(behaviour) })
    }
  }

  behaviourOf(container: ToyContainer): Behaviour {
    const ofImage = this.images.get(container.imageId)?.behaviour
    return behaviourOfCommand(container.command) ?? ofImage ?? HEALTHY
  }

  /** Does it take connections now? */
  listens(container: ToyContainer): boolean {
    const since = this.#clock.monotonic() - container.startedAt
    const isUp = container.state === 'running' && !container.stopping
    return isUp && since >= this.behaviourOf(container).readyMs
  }

  healthOf(container: ToyContainer): 'none' | 'starting' | 'healthy' | 'unhealthy' {
    if (!container.hasHealthcheck) return 'none'
    if (this.listens(container)) return 'healthy'
    const { readyMs } = this.behaviourOf(container)
    return Number.isFinite(readyMs) ? 'starting' : 'unhealthy'
  }

  /** Running containers that answer to a name in a network. */
  named(network: string, alias: string): ToyContainer[] {
    return [...this.containers.values()].filter(
      ({ name, state, networks }) =>
        state === 'running' &&
        networks.has(network) &&
        (name === alias || networks.get(network)?.includes(alias) === true),
    )
  }

  ofProject(project: string): ToyContainer[] {
    return [...this.containers.values()].filter((container) => container.project === project)
  }

  /** `docker compose up`, without starting anything unless told to. Safe to repeat. */
  async up(request: UpRequest, how: 'start' | 'create'): Promise<ToyContainer[]> {
    const file = readCompose(request.text, request.project, request.slot)
    this.#checkExternals(file)
    for (const name of file.ownNetworks) this.networks.set(name, request.project)
    const made: ToyContainer[] = []
    for (const service of request.services) {
      const definition = file.services[service]
      if (definition === undefined) throw new ToyFailure(`no such service: ${service}`)
      made.push(...this.#replicas(request, service, definition))
      await this.#wait(60)
    }
    this.#changed()
    if (how === 'start') await this.start(made.map(({ name }) => name))
    return made
  }

  #checkExternals({ externals }: ToyProject): void {
    const missing = externals.find((name) => !this.networks.has(name) && !this.volumes.has(name))
    if (missing !== undefined)
      throw new ToyFailure(`${missing} declared as external, but not found`)
  }

  #replicas(request: UpRequest, service: string, definition: ToyService): ToyContainer[] {
    const wanted = request.scale[service] ?? definition.replicas
    const name = (n: number): string => `${request.project}-${service}-${n}`
    for (const container of this.ofProject(request.project)) {
      const number = Number(container.name.slice(container.name.lastIndexOf('-') + 1))
      if (container.service === service && number > wanted) this.containers.delete(container.name)
    }
    return Array.from({ length: wanted }, (_, index) => {
      const own = definition.containerName ?? name(index + 1)
      const found = this.containers.get(own)
      return found ?? this.#create(own, { request, service, definition })
    })
  }

  #create(
    name: string,
    from: { request: UpRequest; service: string; definition: ToyService },
  ): ToyContainer {
    const { request, service, definition } = from
    const image = this.imageOf(definition.image)
    if (image === undefined) throw new ToyFailure(`No such image: ${definition.image}`)
    const networks = Object.entries(definition.networks).map(
      ([network, aliases]) => [network, [...aliases, service]] as const,
    )
    const container: ToyContainer = {
      id: `c${(this.#made += 1)}`,
      name,
      project: request.project,
      service,
      labels: definition.labels,
      imageId: image.facts.id,
      command: definition.command,
      hasHealthcheck: definition.hasHealthcheck,
      ports: definition.publishedPorts,
      volumes: definition.volumes,
      networks: new Map(networks),
      state: 'created',
      stopping: false,
      exitCode: 0,
      wasStopped: false,
      restarts: 0,
      policy: definition.restart,
      startedAt: 0,
      starts: 0,
    }
    this.containers.set(name, container)
    return container
  }

  /** `docker start` of those that do not run, side by side. */
  async start(names: readonly string[]): Promise<void> {
    const failed: string[] = []
    for (const name of names) {
      const container = this.containers.get(name)
      if (container === undefined) failed.push(`No such container: ${name}`)
      else if (container.state !== 'running') failed.push(...this.#tryToBegin(container))
    }
    await this.#wait(40)
    if (failed.length > 0) throw new ToyFailure(...failed)
  }

  #tryToBegin(container: ToyContainer): string[] {
    const taken = container.ports.find((port) => this.#holds(port))
    if (taken !== undefined) return [`port ${taken} is already allocated`]
    this.#begin(container)
    return []
  }

  #begin(container: ToyContainer): void {
    container.state = 'running'
    container.stopping = false
    container.wasStopped = false
    container.startedAt = this.#clock.monotonic()
    container.starts += 1
    const { readyMs, exitsMs, exitCode } = this.behaviourOf(container)
    const { starts } = container
    if (Number.isFinite(readyMs)) this.#clock.after(readyMs, this.#changed)
    if (Number.isFinite(exitsMs)) {
      this.#clock.after(exitsMs, () => {
        if (container.starts === starts) this.#exit(container, exitCode)
      })
    }
    this.#changed()
  }

  #holds(port: number): boolean {
    const running = [...this.containers.values()].filter(({ state }) => state === 'running')
    return running.some(({ ports }) => ports.includes(port))
  }

  #exit(container: ToyContainer, code: number): void {
    if (container.state !== 'running') return
    const again = container.policy === 'always' && !container.stopping
    const schema = schemaOfCommand(container.command)
    if (schema !== undefined && code === 0 && !container.stopping) this.schema = schema
    container.state = 'exited'
    container.exitCode = code
    container.stopping = false
    this.#changed()
    if (!again) return
    this.#clock.after(100, () => {
      const isSame = this.containers.get(container.name) === container
      if (container.state !== 'exited' || !isSame || container.policy !== 'always') return
      container.restarts += 1
      this.#begin(container)
    })
  }

  /** `docker stop`, side by side. Missing or stopped is fine. */
  async stop(names: readonly string[], graceSeconds: number): Promise<void> {
    const running = names
      .map((name) => this.containers.get(name))
      .filter((container) => container?.state === 'running')
      .map((container) => container!)
    for (const container of running) Object.assign(container, { stopping: true, wasStopped: true })
    this.#changed()
    await Promise.all(
      running.map(async (container) => {
        const { stopMs } = this.behaviourOf(container)
        await this.#wait(Math.min(stopMs, graceSeconds * 1000))
        this.#exit(container, stopMs > graceSeconds * 1000 ? 137 : 0)
      }),
    )
  }

  setPolicy(names: readonly string[], policy: string): void {
    for (const name of names) {
      const container = this.containers.get(name)
      if (container !== undefined) container.policy = policy
    }
    this.#changed()
  }

  rename(id: string, name: string): void {
    const container = [...this.containers.values()].find((each) => each.id === id)
    if (container === undefined) throw new ToyFailure(`No such container: ${id}`)
    if (container.name === name) return
    if (this.containers.has(name)) throw new ToyFailure(`the name ${name} is in use`)
    this.containers.delete(container.name)
    container.name = name
    this.containers.set(name, container)
    this.#changed()
  }

  removeNetwork(name: string): void {
    for (const { networks } of this.containers.values()) networks.delete(name)
    this.networks.delete(name)
    this.#changed()
  }

  /** `docker rm -f`: what is missing is fine. */
  remove(names: readonly string[]): void {
    for (const name of names) {
      const container = this.containers.get(name)
      if (container !== undefined) container.state = 'exited'
      this.containers.delete(name)
    }
    this.#changed()
  }

  /** Its containers and networks, never a volume. */
  removeProject(project: string): void {
    this.remove(this.ofProject(project).map(({ name }) => name))
    for (const [name, owner] of this.networks) if (owner === project) this.networks.delete(name)
  }

  /** The power goes: nothing runs. */
  cutPower(): void {
    for (const container of this.containers.values()) {
      if (container.state === 'running') container.exitCode = 137
      if (container.state === 'running') container.state = 'exited'
      container.stopping = false
    }
  }

  /** The daemon starts again, and wakes what it is told to keep running. */
  boot(): void {
    for (const container of this.containers.values()) {
      if (container.policy === 'always' && container.starts > 0) this.#tryToBegin(container)
    }
  }
}
