import type { Instruction } from '../../../src/plan/instruction.ts'
import type { At } from './data/at.ts'
import { keepBackups } from './data/backups.ts'
import type { KitState } from './kit-state.ts'
import { ToyFailure } from './simulated-docker.ts'
import type { SimulatedServer } from './simulated-server.ts'
import { endTask, runTask } from './tasks.ts'

const PROXY_PROJECT = 'belay-proxy'

/** How long requests that are under way take to end. */
export const DRAIN_MS = 100

/** Carries out one instruction on a simulated server, as the kit does on a real one. */
export async function carryOut(at: At, it: Instruction): Promise<void> {
  const { server, state } = at
  const { docker, proxy } = server
  switch (it.do) {
    case 'network':
      if (!docker.networks.has(it.name)) docker.networks.set(it.name, it.project)
      break
    case 'volume':
      if (!docker.volumes.has(it.name)) docker.volumes.set(it.name, it.project)
      break
    case 'proxy':
      await startProxy(server, state, it)
      break
    case 'site':
      if (it.file === null) proxy.removeSite(it.key)
      else proxy.setSite(it.key, fileOf(state, it.file))
      break
    case 'base':
      await startBase(server, state, it)
      break
    case 'up':
      await docker.up({ ...it, text: fileOf(state, it.file) }, 'start')
      break
    case 'create':
      await docker.up({ ...it, text: fileOf(state, it.file), scale: {} }, 'create')
      break
    case 'remake':
      await remake(server, state, it)
      break
    case 'jobs':
      await runJobs(server, state, it)
      break
    case 'task':
      await runTask(server, state, it)
      break
    case 'end-task':
      await endTask(server, state, it)
      break
    case 'start':
      await docker.start(it.containers)
      break
    case 'stop':
      await docker.stop(it.containers, it.graceSeconds)
      break
    case 'policy':
      docker.setPolicy(it.containers, it.policy)
      break
    case 'route':
      server.moveTraffic(it.key, it.token, state.deciding)
      break
    case 'drain':
      if (!server.flaws.has('no drain')) await server.wait(DRAIN_MS)
      break
    case 'await':
      await awaitAnswers(server, it)
      break
    case 'relay':
      await relay(server, it)
      break
    case 'remove-project':
      removeProject(server, it.project)
      break
    case 'remove':
      docker.remove(it.containers)
      break
    case 'connect':
      connect(server, it)
      break
    case 'remove-network':
      docker.removeNetwork(it.name)
      break
    case 'made-from':
      rememberBase(server, state, it)
      break
    case 'renew':
      await renew(server, state, it)
      break
    case 'put-files':
      if (state.read(it.file) === undefined) throw new ToyFailure(`there is no ${it.file}`)
      break
    case 'restore':
      await restore(server, it)
      break
    case 'steady':
      await steady(server, it)
      break
    case 'tag':
    case 'untag':
    case 'mark':
    case 'current':
    case 'forget':
      remember(server, state, it)
      break
    case 'back-up':
    case 'check-backup':
    case 'forget-backup':
    case 'restore-backup':
    case 'undo-restore':
    case 'try-backup':
      await keepBackups(at, it)
      break
    default:
      it satisfies never
  }
}

type Of<Do extends Instruction['do']> = Extract<Instruction, { do: Do }>

/** Instructions that only write something down. */
function remember(
  { docker }: SimulatedServer,
  state: KitState,
  it: Of<'tag' | 'untag' | 'mark' | 'current' | 'forget'>,
): void {
  switch (it.do) {
    case 'tag': {
      const image = docker.imageOf(it.image)
      if (image === undefined) throw new ToyFailure(`No such image: ${it.image}`)
      docker.tags.set(it.tag, image.facts.id)
      break
    }
    case 'untag':
      docker.tags.delete(it.tag)
      break
    case 'mark': {
      const reason = it.reason === undefined ? {} : { reason: it.reason }
      if (state.folders.has(it.release)) state.marks.set(it.release, { mark: it.mark, ...reason })
      break
    }
    case 'current':
      state.current = it.release === '-' ? undefined : it.release
      state.previous = it.previous === '-' ? undefined : it.previous
      break
    case 'forget':
      state.folders.delete(it.release)
      state.marks.delete(it.release)
      state.tasks.delete(it.release)
      break
    default:
      it satisfies never
  }
}

function fileOf(state: KitState, path: string): string {
  const text = state.read(path)
  if (text === undefined) throw new ToyFailure(`${path}: No such file or directory`)
  return text
}

async function startProxy(
  server: SimulatedServer,
  state: KitState,
  { folder }: Of<'proxy'>,
): Promise<void> {
  if (server.proxyRuns()) return
  const [taken] = server.foreignPorts()
  if (taken !== undefined) throw new ToyFailure(`port ${taken} is already allocated`)
  const text = fileOf(state, `${folder}/compose.json`)
  const services = ['caddy', 'watchdog']
  const project = PROXY_PROJECT
  await server.docker.up({ project, text, slot: undefined, services, scale: {} }, 'start')
}

async function startBase(server: SimulatedServer, state: KitState, it: Of<'base'>): Promise<void> {
  const { docker } = server
  const existing = new Set(docker.ofProject(it.project).map(({ service }) => service))
  const absent = it.services.filter((service) => !existing.has(service))
  const text = fileOf(state, it.file)
  await docker.up(
    { project: it.project, text, slot: undefined, services: absent, scale: {} },
    'start',
  )
  const idle = docker.ofProject(it.project).filter(({ service }) => existing.has(service))
  await docker.start(idle.map(({ name }) => name))
  const own = docker.ofProject(it.project).filter(({ service }) => it.services.includes(service))
  for (let tries = 0; own.some((each) => !docker.listens(each)); tries += 1) {
    const bad = own.find((each) => each.state !== 'running' || tries >= 600)
    if (bad !== undefined) throw new ToyFailure(`${bad.name} did not come up`)
    await server.wait(100)
  }
}

async function runJobs(server: SimulatedServer, state: KitState, it: Of<'jobs'>): Promise<void> {
  const { docker, clock } = server
  const text = fileOf(state, it.file)
  const jobs = await docker.up({ ...it, text, slot: undefined, scale: {} }, 'create')
  // One that ran already is not run again, whether it went well or not.
  await docker.start(jobs.filter(({ starts }) => starts === 0).map(({ name }) => name))
  const deadline = clock.monotonic() + it.timeoutSeconds * 1000
  while (jobs.some(({ state: now }) => now === 'running')) {
    if (clock.monotonic() >= deadline) throw new ToyFailure('the job did not end in time')
    await server.wait(50)
  }
  const failed = jobs.find(({ exitCode }) => exitCode !== 0)
  if (failed !== undefined) throw new ToyFailure(`${failed.name} exited ${failed.exitCode}`)
}

async function awaitAnswers(server: SimulatedServer, it: Of<'await'>): Promise<void> {
  const { docker, clock } = server
  const isThere = (name: string): boolean => {
    const container = docker.containers.get(name)
    return container?.hasHealthcheck !== true || docker.listens(container)
  }
  const answers = (upstream: string): boolean =>
    server.takersAt(upstream.slice(0, upstream.lastIndexOf(':'))).length > 0
  const deadline = clock.monotonic() + it.seconds * 1000
  while (clock.monotonic() < deadline) {
    if (it.containers.every(isThere) && it.ports.every(({ upstream }) => answers(upstream))) return
    await server.wait(500)
  }
}

/** Until whoever waits for the one name has been answered under the other. */
async function relay(server: SimulatedServer, it: Of<'relay'>): Promise<void> {
  if (!server.proxyRuns()) return
  server.proxy.relays.set(it.from, it.to)
  await server.wait(300)
  server.proxy.relays.delete(it.from)
}

/** The proxy is kept while any app has a site. */
function removeProject({ docker, proxy }: SimulatedServer, project: string): void {
  if (project === PROXY_PROJECT && proxy.sites.size > 0) return
  docker.removeProject(project)
}

function connect({ docker }: SimulatedServer, it: Of<'connect'>): void {
  if (!docker.networks.has(it.network)) throw new ToyFailure(`network ${it.network} not found`)
  for (const name of it.containers) {
    const networks = docker.containers.get(name)?.networks
    if (networks?.has(it.network) === false) networks.set(it.network, it.aliases)
  }
}

function rememberBase(
  { docker }: SimulatedServer,
  state: KitState,
  { project, file, definitions }: Of<'made-from'>,
): void {
  const text = fileOf(state, file)
  const there = docker.ofProject(project)
  for (const { id, service } of there) {
    const hash = definitions[service]
    if (hash !== undefined && !state.base.has(id)) state.base.set(id, { hash, text })
  }
  const ids = new Set(there.map(({ id }) => id))
  for (const id of state.base.keys()) if (!ids.has(id)) state.base.delete(id)
}

async function remake(
  { docker }: SimulatedServer,
  state: KitState,
  it: Of<'remake'>,
): Promise<void> {
  const gone = it.services.filter(({ containers }) =>
    containers.some((name) => !docker.containers.has(name)),
  )
  if (gone.length === 0) return
  const services = gone.map(({ key }) => key)
  const absent = gone.flatMap(({ containers }) =>
    containers.filter((name) => !docker.containers.has(name)),
  )
  await docker.up({ ...it, services, text: fileOf(state, it.file), scale: {} }, 'create')
  docker.setPolicy(absent, 'always')
}

async function renew(server: SimulatedServer, state: KitState, it: Of<'renew'>): Promise<void> {
  const { docker } = server
  for (const { id, name } of it.old) docker.rename(id, `${name}.before`)
  const text = fileOf(state, it.file)
  const { project, service, names } = it
  const scale = { [service]: names.length }
  const request = { project, text, slot: undefined, services: [service], scale }
  const made = await docker.up(request, 'create')
  docker.setPolicy(
    made.map(({ name }) => name),
    'no',
  )
}

async function restore({ docker }: SimulatedServer, it: Of<'restore'>): Promise<void> {
  const ids = new Set(it.old.map(({ id }) => id))
  const own = docker.ofProject(it.project).filter(({ service }) => service === it.service)
  if (own.filter(({ id }) => ids.has(id)).length < ids.size) {
    throw new ToyFailure('an old container is gone')
  }
  const others = own.flatMap(({ id, name }) => (ids.has(id) ? [] : [name]))
  await docker.stop(others, it.graceSeconds)
  docker.remove(others)
  for (const { id, name } of it.old) docker.rename(id, name)
}

async function steady(server: SimulatedServer, { containers, seconds }: Of<'steady'>) {
  const { docker } = server
  for (let looks = 0; looks < seconds * 2; looks += 1) {
    const seen = containers.map((name) => docker.containers.get(name))
    const ended = seen.find((each) => each?.state !== 'running')
    if (ended !== undefined) throw new ToyFailure(`${ended.name} exited with ${ended.exitCode}`)
    if (looks > 5 && seen.every((each) => each && docker.listens(each))) return
    await server.wait(500)
  }
  throw new ToyFailure(`${containers.join(', ')} not ready`)
}
