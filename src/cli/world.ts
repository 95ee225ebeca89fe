import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { HostAddress } from '../config/app-config.ts'
import type { Reach } from '../hosts/host-at.ts'
import { ownCourier } from '../hosts/courier/own-courier.ts'
import { ownWorkstation } from '../hosts/own-workstation/own-workstation.ts'
import type { World } from '../operations/world.ts'
import type { Session, WorldOptions } from './session.ts'
import type { Surroundings } from './machine/surroundings.ts'

/** Everything real that operations work with. */
export async function openWorld(
  { around, reporter, secrets, clock, signal }: Session,
  { servers, logbook }: WorldOptions = { servers: true },
): Promise<World> {
  const { env } = around
  return {
    clock,
    tell: (event) => {
      logbook?.tell(event)
      reporter.tell(event)
    },
    runLog: (last) => logbook?.textWith(last) ?? '',
    courier: ownCourier(),
    secrets,
    owner: ownerOf(env),
    signal,
    hostAt: servers ? await waysTo(env) : noWay,
    workstation: ownWorkstation({ env, signal }),
    newRun: () => runName(clock.now()),
  }
}

/** `BELAY_LOCAL` names the host that this very machine is: it keeps its name, and needs no ssh. */
async function waysTo(env: Surroundings['env']): Promise<World['hostAt']> {
  const { hostAt } = await import('../hosts/host-at.ts')
  const reach = reachOf(env)
  const here = env.BELAY_LOCAL
  return (address) => hostAt(address.name === here ? { ...address, kind: 'local' } : address, reach)
}

function noWay({ name }: HostAddress): never {
  throw new Error(`a command that reaches no server asked for ${name}`)
}

/** How hosts are reached: with the caller's whole environment, as ssh and its helpers need it. */
export function reachOf(env: Surroundings['env']): Reach {
  const sshConfig = env.BELAY_SSH_CONFIG
  return { env, ...(sshConfig === undefined || sshConfig === '' ? {} : { sshConfig }) }
}

/** `ana@laptop`; in CI whoever started the job. */
export function ownerOf(env: Readonly<Record<string, string | undefined>>): string {
  const { GITHUB_ACTOR, GITLAB_USER_LOGIN } = env
  if ((GITHUB_ACTOR ?? '') !== '') return `${GITHUB_ACTOR}@github-actions`
  if ((GITLAB_USER_LOGIN ?? '') !== '') return `${GITLAB_USER_LOGIN}@gitlab-ci`
  return `${userName(env)}@${hostname()}`
}

/** In a container a user id may have no name. */
function userName({ USER, LOGNAME }: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username
  } catch {
    return USER ?? LOGNAME ?? 'someone'
  }
}

/** `20261121-074800-k3f9`: sorts by time, and two at once differ. */
function runName(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T')
  const suffix = BigInt(`0x${randomBytes(4).toString('hex')}`)
    .toString(36)
    .padStart(7, '0')
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${suffix.slice(-5)}`
}
