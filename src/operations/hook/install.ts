import { createHash } from 'node:crypto'
import type { HostAddress } from '../../config/app-config.ts'
import type { EnvironmentOutline, Outline } from '../../config/pipeline/outline.ts'
import { parseHostAddress } from '../../config/hosts-address.ts'
import { gitPush } from '../../triggers/git-push.ts'
import hookScript from '../../triggers/push/hook.sh'
import { type InstalledHook, placesIn } from '../../triggers/push/installed.ts'
import { readInstalled, writeInstalled } from '../../triggers/push/installed.ts'
import onlyPush from '../../triggers/push/only-push.sh'
import type { World } from '../world.ts'
import * as failures from './failures.ts'
import { type HookLook, type HookServer, withHookServer } from './server.ts'

/** Which repository on which server is meant. */
export interface HookTarget {
  readonly outline: Outline
  readonly environment: EnvironmentOutline
  /** Where else than in `~/belay/<app>/<environment>.git`. */
  readonly repository?: string
}

export interface HookInstall extends HookTarget {
  /** From the repository's root to `belay.yaml`, and its name. */
  readonly folder: string
  readonly file: string
  /** The one file that Belay is. */
  readonly program: Uint8Array
  readonly version: string
  /** A public key that is to be allowed to push, and nothing else. */
  readonly key?: string
  readonly dryRun: boolean
}

export interface HookReport {
  readonly app: string
  readonly environment: string
  readonly host: string
  readonly state: 'installed' | 'updated' | 'not-installed' | 'found' | 'removed'
  readonly branch: string
  readonly busy: string
  readonly repository: string
  /** For `git remote add`. */
  readonly url: string
  /** A command that brings the file of values there. */
  readonly copy: string
  readonly values: { readonly path: string; readonly state: 'missing' | 'private' | 'open' }
  readonly node: string | null
  readonly version: string
  readonly keys: number
  readonly key: 'added' | 'there' | null
  readonly isBusy: boolean
  readonly pushes: HookLook['pushes']
}

/** Makes the repository and its hooks, or brings those that are ours up to date. */
export async function installHook(world: World, request: HookInstall): Promise<HookReport> {
  const { outline, environment, key } = request
  const branch = branchOf(request)
  return onTarget(world, request, async (server, address) => {
    const look = await server.look()
    refuseUnfit(server, look, request)
    const hook: InstalledHook = {
      format: 1,
      kind: gitPush.kind,
      app: outline.app,
      environment: environment.name,
      branch,
      host: address.name,
      folder: request.folder,
      file: request.file,
      busy: environment.busy,
      version: request.version,
      program: createHash('sha256').update(request.program).digest('hex').slice(0, 16),
    }
    const state = look.state === 'ours' ? 'updated' : 'installed'
    if (request.dryRun) return reportOf({ look, hook, address, state: 'not-installed', key: null })
    await put(server, { look, hook, program: request.program })
    const added = key === undefined ? null : await server.ask('allow', [], bytes(`${key}\n`))
    const now = await server.look()
    const told = added === 'added' || added === 'there' ? added : null
    return reportOf({ look: now, hook, address, state, key: told })
  })
}

/** The hooks come last: until they are there, a push is only kept. */
async function put(
  server: HookServer,
  of: { look: HookLook; hook: InstalledHook; program: Uint8Array },
): Promise<void> {
  const { look, hook, program } = of
  await server.ask('create', [hook.branch, look.node!.path])
  if ((await server.ask('has', [hook.program])) !== 'yes') {
    await server.ask('put', [`belay/belay-${hook.program}.mjs`, '600'], program)
  }
  await server.ask('put', ['belay/hook.json', '600'], bytes(writeInstalled(hook)))
  await server.ask('use', [hook.program])
  await server.ask('put', ['belay/only-push', '700'], bytes(onlyPush))
  for (const name of ['pre-receive', 'post-receive']) {
    await server.ask('put', [`hooks/${name}`, '700'], bytes(hookScript))
  }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function refuseUnfit(
  server: HookServer,
  look: HookLook,
  { outline, environment }: HookTarget,
): void {
  const host = server.name
  const { repository, state, node, oldNode } = look
  if (state === 'foreign') throw failures.hookRepositoryForeign({ host, repository })
  const old = state === 'ours' ? readInstalled(look.settings ?? '') : undefined
  if (old !== undefined && (old.app !== outline.app || old.environment !== environment.name)) {
    const owner = `${old.app} to ${old.environment}`
    throw failures.hookRepositoryOfAnother({ repository, owner })
  }
  const missing = [
    ...(node === undefined ? ['Node 20.19'] : []),
    ...['git', 'flock'].filter((name) => !look.programs.includes(name)),
  ]
  if (missing.length > 0) throw failures.hookProgramsMissing({ host, missing, oldNode })
}

function branchOf({ environment, outline }: HookTarget): string {
  const { branch, name } = environment
  if (branch !== undefined) return branch
  throw failures.hookBranchMissing({ environment: name, file: outline.file })
}

/** Connects to the one server of the environment. */
export async function onTarget<T>(
  world: World,
  { outline, environment, repository }: HookTarget,
  act: (server: HookServer, address: HostAddress) => Promise<T>,
): Promise<T> {
  const { name, hosts } = environment
  const [host = '', ...others] = hosts
  if (others.length > 0) throw failures.hookOneServer({ environment: name, hosts })
  const parsed = parseHostAddress(host)
  if (!parsed.ok) throw failures.hookHostUnknown({ environment: name, host, reason: parsed.reason })
  const { address } = parsed
  const scope = { app: outline.app, environment: name }
  const place = repository ?? `~/belay/${outline.app}/${name}.git`
  return withHookServer(world, { address, scope, repository: place }, (server) =>
    act(server, address),
  )
}

export function reportOf(of: {
  look: HookLook
  hook: InstalledHook
  address: HostAddress
  state: HookReport['state']
  key: HookReport['key']
}): HookReport {
  const { look, hook, address, state, key } = of
  const { repository, values, node, keys, isBusy, pushes } = look
  const { app, environment, host, branch, busy, version } = hook
  return {
    app,
    environment,
    host,
    state,
    branch,
    busy,
    repository,
    version,
    keys,
    key,
    isBusy,
    url: urlOf(address, repository),
    values: {
      path: placesIn(repository).values,
      state: values === undefined ? 'missing' : values.endsWith('00') ? 'private' : 'open',
    },
    node: node === undefined ? null : `${node.version} (${node.path})`,
    copy: copyOf(address, placesIn(repository).values),
    pushes,
  }
}

/** How the file of values gets there. */
function copyOf({ kind, user, destination, port }: HostAddress, path: string): string {
  if (kind === 'local') return `cp .env ${path}`
  const at = user === undefined ? destination : `${user}@${destination}`
  return `scp ${port === undefined ? '' : `-P ${port} `}.env ${at}:${path}`
}

/** As git takes it. */
export function urlOf({ kind, user, destination, port }: HostAddress, path: string): string {
  if (kind === 'local') return path
  const who = user === undefined ? '' : `${user}@`
  const where = destination.includes(':') ? `[${destination}]` : destination
  if (port === undefined) return `${who}${where}:${path}`
  return `ssh://${who}${where}:${port}${path}`
}
