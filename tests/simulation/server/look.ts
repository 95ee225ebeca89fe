import type { ContainerSample, Sample, SampleRequest } from '../../../src/hosts/host.ts'
import type { Observed, ObservedContainer } from '../../../src/plan/observed.ts'
import { wordsOfCommand } from './behaviour.ts'
import type { KitState } from './kit-state.ts'
import type { SimulatedDocker, ToyContainer } from './simulated-docker.ts'
import { PROXY_CONTAINER, type SimulatedServer } from './simulated-server.ts'

/** What `observe` sees of an app's state and of the server around it. */
export function observe(server: SimulatedServer, state: KitState): Observed {
  const { docker, proxy } = server
  const lease = state.leaseSeen(server)
  const image = docker.containers.get(PROXY_CONTAINER)?.imageId
  return {
    host: server.name,
    facts: facts(server),
    epoch: state.epoch,
    ...(lease === undefined ? {} : { lease }),
    decision: state.decision(),
    ...(state.current === undefined ? {} : { current: state.current }),
    ...(state.previous === undefined ? {} : { previous: state.previous }),
    releases: state.kept(),
    tokens: Object.fromEntries(proxy.tokens),
    containers: [...docker.containers.values()].map((each) =>
      observedContainer(server, state, each),
    ),
    tasks: [...state.tasks.values()].flatMap((records) => [...records.values()]),
    networks: [...docker.networks.keys()],
    volumes: [...docker.volumes.keys()],
    proxy: {
      running: server.proxyRuns(),
      ...(image === undefined ? {} : { image }),
      sites: proxy.hashes(),
      claims: proxy.claims(),
      takenPorts: server.foreignPorts(),
    },
    backups: [...state.backups.values()],
    damagedJournalLines: state.damaged,
    problems: halfRestored(state),
  }
}

function halfRestored({ halves, undo, deciding }: KitState): string[] {
  const isOpen = deciding?.settled === false
  return [...halves].map(([id, { of, safety }]) => {
    const isUndone = isOpen && (undo.has(id) || undo.has(safety ?? ''))
    const again = `\`belay backup restore ${id} --without-copy\` does it again`
    const back = `the same with ${safety} puts back what was there before`
    const self = 'the next deploy, rollback or restart puts back what was there before'
    const rest = isUndone ? self : safety === null ? again : `${again}, ${back}`
    return `restoring ${id} did not get to its end, so ${of} may be half restored: ${rest}`
  })
}

function facts(server: SimulatedServer): Observed['facts'] {
  return {
    kit: 'simulated',
    stateRoot: '/var/lib/belay',
    user: 'deploy',
    uptimeSeconds: server.uptime,
    bootId: server.bootId,
    clock: Math.floor(server.clock.now() / 1000),
    dockerVersion: '26.1.5',
    composeVersion: '2.26.1',
    architecture: 'amd64',
    imageStore: 'classic',
    memoryAvailableBytes: 8e9,
    diskFreeBytes: 100e9,
    stateDiskFreeBytes: 100e9,
  }
}

function observedContainer(
  { docker }: SimulatedServer,
  { base }: KitState,
  container: ToyContainer,
): ObservedContainer {
  const { labels } = container
  const known = base.get(container.id)
  const { 'belay.release': release, 'belay.app': app, 'belay.environment': environment } = labels
  return {
    id: container.id,
    name: container.name,
    project: container.project,
    service: container.service,
    ...(release === undefined ? {} : { release }),
    ...(app === undefined ? {} : { app }),
    ...(environment === undefined ? {} : { environment }),
    state: container.state,
    health: docker.healthOf(container),
    exitCode: container.exitCode,
    restartCount: container.restarts,
    restartPolicy: container.policy,
    imageId: container.imageId,
    startedAt: new Date(container.startedAt).toISOString(),
    publishedPorts: container.ports,
    ...(known === undefined ? {} : { definition: known.hash }),
  }
}

/** One look at containers, as the verb `sample` does it. */
export function sample(server: SimulatedServer, request: SampleRequest): Sample {
  const { docker } = server
  const containers = request.containers.map(({ name, healthCommand }) => {
    const container = docker.containers.get(name)
    return [name, container === undefined ? MISSING : seen(server, container, healthCommand)]
  })
  const commands = request.commands.map(({ id, container, argv }) => {
    return [id, { code: codeOf(server, container, argv), output: '' }]
  })
  const logs = request.logs.map(({ container }) => [
    container,
    wordsOfCommand(docker.containers.get(container)?.command ?? []),
  ])
  return {
    containers: Object.fromEntries(containers),
    commands: Object.fromEntries(commands),
    logs: Object.fromEntries(logs),
  }
}

/** `true` and `false` do what they say; anything else asks the toy app whether it is well. */
function codeOf({ docker }: SimulatedServer, name: string, [program]: readonly string[]): number {
  const container = docker.containers.get(name)
  if (container?.state !== 'running') return 126
  if (program === 'true' || program === 'false') return program === 'true' ? 0 : 1
  return docker.listens(container) ? 0 : 1
}

const MISSING: ContainerSample = {
  state: 'missing',
  exitCode: 0,
  outOfMemory: false,
  restarts: 0,
  health: 'none',
  lastLines: [],
}

function saidBy(docker: SimulatedDocker, container: ToyContainer): string[] {
  const { says } = docker.behaviourOf(container)
  return says === undefined ? [] : [says]
}

function seen(
  { docker }: SimulatedServer,
  container: ToyContainer,
  healthCommand: readonly string[] | undefined,
): ContainerSample {
  const { state, exitCode, restarts, wasStopped } = container
  const health = docker.healthOf(container)
  const runs = state === 'running'
  const code = docker.listens(container) ? 0 : 1
  const asksItself = healthCommand !== undefined && runs && health !== 'healthy'
  return {
    state,
    exitCode,
    outOfMemory: false,
    restarts,
    health,
    ...(wasStopped && !runs ? { wasStopped } : {}),
    ...(asksItself ? { healthCommand: { code, output: '' } } : {}),
    lastLines: runs ? [] : [...wordsOfCommand(container.command), ...saidBy(docker, container)],
  }
}
