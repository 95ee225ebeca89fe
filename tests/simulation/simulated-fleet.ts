import { EXIT, type ExitCode } from '../../src/base/exit.ts'
import { Failure } from '../../src/base/failure.ts'
import type { Event } from '../../src/base/event.ts'
import { Secrets } from '../../src/base/secret.ts'
import { deployBase } from '../../src/operations/base/deploy-base.ts'
import { deploy } from '../../src/operations/deploy.ts'
import { restart } from '../../src/operations/restart.ts'
import { rollback } from '../../src/operations/rollback.ts'
import type { DeployRequest, World } from '../../src/operations/world.ts'
import { Checker, type Tolerance } from './checker.ts'
import { Deployer } from './deployer.ts'
import { type FaultPlan, NO_FAULTS } from './faults.ts'
import { type Behaviour, behaves, HEALTHY } from './server/behaviour.ts'
import { SimulatedServer } from './server/simulated-server.ts'
import { configOf, factsOf, imageOf, OTHER_IMAGES, type Shop, workstationOf } from './shop.ts'
import { SimulatedHost } from './simulated-host.ts'
import { type ServerSnapshot, snapshotOf } from './snapshot.ts'
import { VirtualClock } from './virtual-clock.ts'

const SHOP: Shop = {
  rollout: 'overlap',
  replicas: 1,
  hosts: ['one'],
  isWhole: false,
  wave: { kind: 'count', hosts: 1 },
  samples: 2,
}

const OPERATIONS = { deploy, rollback, restart, base: deployBase }

/** How a deployment ended: `died` when its process did. */
export interface End {
  readonly exit: ExitCode | 'died'
  /** The codes of the failures that were told or thrown. */
  readonly codes: readonly string[]
  readonly events: readonly Event[]
  readonly deployer: Deployer
  /** What was thrown and is no expected failure. */
  readonly bug?: unknown
}

export interface Deployment {
  readonly version: number
  /** A deployment when absent. */
  readonly operation?: keyof typeof OPERATIONS
  /** What the user's file says of the database. */
  readonly database?: string
  readonly faults?: FaultPlan
  readonly request?: Partial<DeployRequest>
  readonly owner?: string
  readonly signal?: AbortSignal
}

/** Servers, a checker that watches them, and deployments of the shop to them. */
export class SimulatedFleet {
  readonly clock = new VirtualClock()
  readonly checker: Checker
  readonly servers: readonly SimulatedServer[]
  readonly shop: Shop
  #runs = 0

  constructor(shop: Partial<Shop> = {}, tolerance: Tolerance = {}) {
    this.checker = new Checker(tolerance)
    this.shop = { ...SHOP, ...shop }
    this.servers = this.shop.hosts.map((name) => new SimulatedServer(name, this.clock))
    for (const server of this.servers) {
      server.watchers.push(this.checker)
      for (const name of OTHER_IMAGES) server.docker.addImage(name, factsOf(name), HEALTHY)
      server.docker.addImage('shop-job:1', factsOf('shop-job:1'), behaves.job(0))
    }
  }

  /** Makes a version of the app, as good or bad as it is. */
  add(version: number, behaviour: Behaviour = HEALTHY): void {
    const reference = imageOf(version)
    for (const { docker } of this.servers) {
      docker.addImage(reference, factsOf(reference), behaviour)
    }
  }

  snapshot(): Record<string, ServerSnapshot> {
    return snapshotOf(this.servers)
  }

  /** Deploys a version, and lets time pass until the deployment has ended. */
  async deploy(deployment: Deployment): Promise<End> {
    return this.clock.run(this.begin(deployment))
  }

  /** Begins to deploy; time passes only when the clock is told to. */
  async begin(deployment: Deployment): Promise<End> {
    const { version, operation = 'deploy', faults = NO_FAULTS, request = {} } = deployment
    const deployer = new Deployer(this.clock, faults)
    const events: Event[] = []
    const world = this.#world(deployment, deployer, events)
    const whole: DeployRequest = {
      config: configOf(this.shop),
      agree: () => Promise.resolve(true),
      dryRun: false,
      again: false,
      dirty: false,
      skipTests: false,
      steal: false,
      waitMs: 0,
      ...request,
    }
    if (!this.servers[0]?.docker.imageOf(imageOf(version))) this.add(version)
    const ended = OPERATIONS[operation](world, whole).then(
      ({ exit }) => ({ exit }),
      (error: unknown) => thrown(error),
    )
    const died = deployer.died.then(() => ({ exit: 'died' as const }))
    const end = await Promise.race([ended, died])
    const told = events.flatMap((event) => (event.type === 'failed' ? [event.code] : []))
    return { codes: told, events, deployer, ...end }
  }

  #world(
    { version, database, owner, signal }: Deployment,
    deployer: Deployer,
    events: Event[],
  ): World {
    return {
      clock: this.clock,
      tell: (event) => events.push(event),
      secrets: new Secrets(),
      owner: owner ?? 'ann@laptop',
      signal: signal ?? new AbortController().signal,
      hostAt: ({ name }) => new SimulatedHost(this.#server(name), deployer),
      workstation: workstationOf({ ...this.shop, ...(database && { database }) }, version),
      newRun: () => `run-${(this.#runs += 1)}`,
    }
  }

  #server(name: string): SimulatedServer {
    const server = this.servers.find((each) => each.name === name)
    if (server === undefined) throw new Error(`no server ${name}`)
    return server
  }
}

function thrown(error: unknown): Pick<End, 'exit' | 'codes' | 'bug'> {
  if (error instanceof Failure) return { exit: EXIT[error.exit], codes: [error.code] }
  return { exit: EXIT.bug, codes: [], bug: error }
}
