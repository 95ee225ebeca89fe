import { EXIT, type ExitCode } from '../../src/base/exit.ts'
import { Failure } from '../../src/base/failure.ts'
import type { Event } from '../../src/base/event.ts'
import { Secrets } from '../../src/base/secret.ts'
import type { MigrateConfig } from '../../src/config/pipeline/run-once.ts'
import { deployBase } from '../../src/operations/base/deploy-base.ts'
import type { Courier } from '../../src/hosts/courier/courier.ts'
import { deploy } from '../../src/operations/deploy.ts'
import { resume } from '../../src/operations/recovery/resume.ts'
import { restart } from '../../src/operations/restart.ts'
import { rollback } from '../../src/operations/rollback.ts'
import type { DeployRequest, RollbackRequest, World } from '../../src/operations/world.ts'
import { Checker, type Tolerance } from './checker.ts'
import { isToldIn } from './checks/secrets.ts'
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

const OPERATIONS = {
  deploy,
  rollback,
  restart,
  base: deployBase,
  resume: (world: World, request: DeployRequest) =>
    resume(world, { ...request, agree: () => Promise.resolve(true) }),
}

/** How a deployment ended: `died` when its process did. */
export interface End {
  readonly exit: ExitCode | 'died'
  /** The codes of the failures that were told or thrown. */
  readonly codes: readonly string[]
  readonly events: readonly Event[]
  readonly deployer: Deployer
  /** Something that it said had a secret in it. */
  readonly isIndiscreet: boolean
  /** What was thrown and is no expected failure. */
  readonly bug?: unknown
}

export interface Deployment {
  readonly version: number
  /** A deployment when absent. */
  readonly operation?: keyof typeof OPERATIONS
  /** How the database gets the schema of this version. */
  readonly migrate?: MigrateConfig
  /** What the user's file says of the database. */
  readonly database?: string
  readonly faults?: FaultPlan
  readonly request?: Partial<DeployRequest & Pick<RollbackRequest, 'restore'>>
  readonly owner?: string
  readonly signal?: AbortSignal
  /** The way out for messages; every one is taken when absent. */
  readonly courier?: Courier
}

/** Servers, a checker that watches them, and deployments of the shop to them. */
export class SimulatedFleet {
  readonly clock: VirtualClock
  readonly checker: Checker
  readonly servers: readonly SimulatedServer[]
  readonly shop: Shop
  #runs = 0

  constructor(shop: Partial<Shop> = {}, tolerance: Tolerance = {}, clock = new VirtualClock()) {
    this.clock = clock
    this.checker = new Checker(tolerance)
    this.shop = { ...SHOP, ...shop }
    this.servers = this.shop.hosts.map((name) => new SimulatedServer(name, this.clock))
    for (const server of this.servers) {
      server.watchers.push(this.checker)
      for (const name of OTHER_IMAGES) server.docker.addImage(name, factsOf(name), HEALTHY)
      server.docker.addImage('shop-job:1', factsOf('shop-job:1'), behaves.job(0))
    }
  }

  /** A fleet of its own that looks like this one, in which nothing may be under way. */
  copy(tolerance: Tolerance = {}): SimulatedFleet {
    const copy = new SimulatedFleet(this.shop, tolerance, new VirtualClock(this.clock.monotonic()))
    for (const [index, server] of copy.servers.entries()) server.copy(this.servers[index]!)
    copy.#runs = this.#runs
    return copy
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
    const { version, operation = 'deploy', faults = NO_FAULTS, request = {}, migrate } = deployment
    const deployer = new Deployer(this.clock, faults)
    const events: Event[] = []
    const said = { secret: false }
    const world = this.#world(deployment, deployer, { events, said })
    const whole: DeployRequest & Pick<RollbackRequest, 'restore'> = {
      config: { ...configOf(this.shop), ...(migrate && { migrate }) },
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
    return { codes: told, events, deployer, isIndiscreet: said.secret, ...end }
  }

  #world(
    { version, database, owner, signal, courier }: Deployment,
    deployer: Deployer,
    { events, said }: { events: Event[]; said: { secret: boolean } },
  ): World {
    const isScrubbing = !this.servers[0]?.flaws.has('no scrubbing')
    const secrets = isScrubbing ? new Secrets() : new NoSecrets()
    const listen = (output: unknown): void => {
      said.secret ||= isToldIn(output) && isToldIn(secrets.scrubData(output))
    }
    return {
      clock: this.clock,
      tell: (event) => {
        listen(event)
        events.push(event)
      },
      secrets,
      owner: owner ?? 'ann@laptop',
      signal: signal ?? new AbortController().signal,
      hostAt: ({ name }) => new SimulatedHost(this.#server(name), deployer),
      workstation: workstationOf({ ...this.shop, ...(database && { database }) }, version),
      courier: courier ?? { deliver: () => Promise.resolve({ kind: 'taken', text: '' }) },
      runLog: ({ event }) => `the last was ${event.type}\n`,
      newRun: () => `run-${(this.#runs += 1)}`,
    }
  }

  #server(name: string): SimulatedServer {
    const server = this.servers.find((each) => each.name === name)
    if (server === undefined) throw new Error(`no server ${name}`)
    return server
  }
}

/** Of a deployer that hides nothing. */
class NoSecrets extends Secrets {
  override add(): void {}
}

function thrown(error: unknown): Pick<End, 'exit' | 'codes' | 'bug'> {
  if (error instanceof Failure) return { exit: EXIT[error.exit], codes: [error.code] }
  return { exit: EXIT.bug, codes: [], bug: error }
}
