import type { AppConfig, HostAddress } from '../../config/app-config.ts'
import type { BareServer } from '../../hosts/bare/bare-server.ts'
import type { World } from '../world.ts'
import { setupFailed, setupIncomplete, setupNeedsRoot, setupNotPossible } from './failures.ts'
import { readSetupLook, type SetupLook } from './look.ts'
import { planSetup, type SetupWish } from './plan-setup.ts'
import script from './server.sh'
import type { SetupAct, SetupStep } from './setup-step.ts'

export interface SetupRequest {
  readonly config: AppConfig
  /** Log in as this user, and not as who deploys. */
  readonly as: string | undefined
  readonly dryRun: boolean
  /** The caller's public key, for the user who deploys; asked for only where it is needed. */
  readonly key: (server: BareServer) => Promise<string | undefined>
  readonly bareAt: (address: HostAddress) => BareServer
  readonly agree: (report: SetupReport) => Promise<boolean>
}

export interface SetupReport {
  readonly app: string
  readonly environment: string
  readonly state: 'planned' | 'nothing' | 'done' | 'declined'
  readonly hosts: readonly HostSetup[]
}

export interface HostSetup {
  readonly host: string
  readonly system: string
  readonly user: string
  readonly steps: readonly SetupStep[]
}

/** What setting up needs of the world. */
export type SetupWorld = Pick<World, 'tell' | 'signal'>

interface Site {
  readonly server: BareServer
  readonly wish: SetupWish
  readonly look: SetupLook
  readonly steps: readonly SetupStep[]
}

/** Looks at all servers, shows what would be done, and does it one server after the other. */
export async function setUp(world: SetupWorld, request: SetupRequest): Promise<SetupReport> {
  const { config, dryRun, agree } = request
  const sites = await Promise.all(config.hosts.map((address) => lookAt(world, request, address)))
  const toDo = sites.filter(({ steps }) => steps.some(({ state }) => state === 'do'))
  const blocked = sites.filter(({ steps }) => steps.some(({ state }) => state === 'cannot'))
  const state = toDo.length + blocked.length === 0 ? 'nothing' : 'planned'
  const report = reportOf(config, sites, state)
  if (state === 'nothing') return report
  if (!dryRun) refuseUnfit(report, { blocked, toDo })
  if (dryRun) return report
  if (!(await agree(report))) return { ...report, state: 'declined' }
  for (const site of toDo) await carryOut(world, site)
  const after = await Promise.all(sites.map((site) => lookAgain(world, site)))
  return reportOf(config, after, 'done')
}

function reportOf(
  { app, environment }: AppConfig,
  sites: readonly Site[],
  state: SetupReport['state'],
): SetupReport {
  const hosts = sites.map(({ server, look, steps }) => {
    return { host: server.name, system: look.system.name, user: look.user, steps }
  })
  return { app, environment, state, hosts }
}

function refuseUnfit(
  report: SetupReport,
  { blocked, toDo }: { blocked: readonly Site[]; toDo: readonly Site[] },
): void {
  if (blocked.length > 0) {
    const evidence = blocked.flatMap(({ server, steps }) =>
      steps
        .filter(({ state }) => state === 'cannot')
        .map(({ what, because }) => `${server.name}: ${what}: ${because}`),
    )
    throw setupNotPossible({ hosts: blocked.map(({ server }) => server.name) }, { evidence })
  }
  const powerless = toDo.find(({ look }) => look.root === 'no')
  if (powerless === undefined) return
  const { server, look } = powerless
  const { steps } = report.hosts.find(({ host }) => host === server.name) ?? { steps: [] }
  const evidence = steps.flatMap(({ state, what }) => (state === 'do' ? [`to do: ${what}`] : []))
  throw setupNeedsRoot({ host: server.name, user: look.user }, { evidence })
}

async function lookAt(
  world: SetupWorld,
  request: SetupRequest,
  address: HostAddress,
): Promise<Site> {
  const { as, config } = request
  const server = request.bareAt(as === undefined ? address : { ...address, user: as })
  world.tell({ type: 'progress', host: server.name, text: 'looking' })
  const deployUser = config.setup.deployUser ?? (as === undefined ? undefined : address.user)
  const key = deployUser === undefined ? undefined : await request.key(server)
  const { folders, firewall } = config.setup
  const wish = {
    deployUser: deployUser === 'root' ? undefined : deployUser,
    key,
    folders,
    firewall,
  }
  return siteOf(world, server, wish)
}

/** Over a new connection: that it is made keeps the firewall closed. */
async function lookAgain(world: SetupWorld, { server, wish }: Site): Promise<Site> {
  const site = await siteOf(world, server, wish)
  await act(world, site, { verb: 'keep', words: [], input: '' })
  const left = site.steps.filter(({ state }) => state === 'do').map(({ what }) => what)
  if (left.length > 0) throw setupIncomplete({ host: server.name, left })
  return site
}

async function siteOf({ signal }: SetupWorld, server: BareServer, wish: SetupWish): Promise<Site> {
  const material = wish.key?.split(' ').slice(0, 2).join(' ') ?? ''
  const folders = wish.folders.flatMap(({ owner, path }) => [owner, path])
  const argv = ['sh', '-c', script, 'belay', 'look', wish.deployUser ?? '', material, ...folders]
  const { code, stdout, stderr } = await server.run(argv, { timeoutMs: LOOK_MS, signal })
  if (code !== 0) {
    const evidence = stderr.trim().split('\n').slice(-EVIDENCE_LINES)
    throw setupFailed({ host: server.name, doing: 'looking at it' }, { evidence })
  }
  const look = readSetupLook(stdout)
  return { server, wish, look, steps: planSetup(look, wish) }
}

const LOOK_MS = 150_000
const ACT_MS = 20 * 60_000
const EVIDENCE_LINES = 15

async function carryOut(world: SetupWorld, site: Site): Promise<void> {
  for (const step of site.steps) {
    if (step.state !== 'do') continue
    world.tell({ type: 'progress', host: site.server.name, text: step.what })
    for (const each of step.acts) await act(world, site, each, step.what)
  }
}

async function act(
  { signal }: SetupWorld,
  { server, look }: Site,
  ...[{ verb, words, input }, doing = verb]: [SetupAct, string?]
): Promise<void> {
  const own = ['sh', '-c', script, 'belay', verb, ...words]
  const argv = look.root === 'sudo' ? ['sudo', '-n', ...own] : own
  const bytes = new TextEncoder().encode(input)
  const ended = await server.run(argv, { timeoutMs: ACT_MS, signal, input: bytes })
  if (ended.code === 0) return
  const said = `${ended.stdout}\n${ended.stderr}`.trim().split('\n').slice(-EVIDENCE_LINES)
  throw setupFailed({ host: server.name, doing }, { evidence: said })
}
