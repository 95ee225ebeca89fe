import type { HostAddress } from '../../config/app-config.ts'
import { hostAddressUnsafe } from '../failures.ts'
import { quote } from '../shell.ts'

/** How `ssh` is called: the user's own client and configuration, made quiet and predictable. */
export interface SshTarget {
  readonly address: HostAddress
  /** Handed to `ssh -F`; the user's own configuration where there is none. */
  readonly configFile?: string
}

const ALIVE_SECONDS = 5
const ALIVE_MISSES = 3
const CONNECT_SECONDS = 15

/** Settings newer than the oldest clients in use are skipped by those that do not know them. */
const COMMON: readonly string[] = [
  'IgnoreUnknown=SessionType,StdinNull,ForkAfterAuthentication',
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_SECONDS}`,
  'RemoteCommand=none',
  'RequestTTY=no',
  'SessionType=default',
  'StdinNull=no',
  'ForkAfterAuthentication=no',
  'PermitLocalCommand=no',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'Tunnel=no',
  'LogLevel=INFO',
]

const ALIVE: readonly string[] = [
  `ServerAliveInterval=${ALIVE_SECONDS}`,
  `ServerAliveCountMax=${ALIVE_MISSES}`,
]

const MASTER: readonly string[] = [
  'ControlMaster=yes',
  'ControlPersist=no',
  'StrictHostKeyChecking=yes',
  ...ALIVE,
]

/** One process that is the session and carries everything else. */
export function masterArgv(
  target: SshTarget,
  socket: string,
  command: readonly string[],
): string[] {
  const settings = [...COMMON, ...MASTER, `ControlPath=${socket}`]
  return [...sshArgv(target, settings), `exec ${quote(command)}`]
}

/** A connection of its own for one program, whatever the user's configuration shares. */
export function aloneArgv(target: SshTarget, command: readonly string[]): string[] {
  const alone = ['ControlMaster=no', 'ControlPath=none', 'StrictHostKeyChecking=yes', ...ALIVE]
  return [...sshArgv(target, [...COMMON, ...alone]), quote(command)]
}

/** A connection of its own, for asking about host keys: nothing is run, nobody logs in. */
export function keyProbeArgv(target: SshTarget, settings: readonly string[]): string[] {
  const alone = ['ControlMaster=no', 'ControlPath=none', 'PreferredAuthentications=none']
  return [...sshArgv(target, [...COMMON, ...alone, ...settings]), 'true']
}

/** Prints the settings that ssh would use. */
export function settingsArgv(target: SshTarget): string[] {
  const [program, ...rest] = sshArgv(target, [])
  return [program!, '-G', ...rest]
}

/**
 * Something carried by the master. Without one, ssh would connect by itself: the command that
 * stands in for the connection fails at once. Nothing of the user's configuration is meant here.
 */
export function sideArgv(socket: string, words: readonly string[]): string[] {
  const settings = ['ControlMaster=no', 'BatchMode=yes', 'ProxyCommand=false', 'LogLevel=ERROR']
  return ['ssh', '-F', '/dev/null', '-S', socket, ...options(settings), ...words]
}

/** The name is never looked up: the master knows where it leads. */
export const SIDE_NAME = 'belay'

function sshArgv({ address, configFile }: SshTarget, settings: readonly string[]): string[] {
  assertSafe(address)
  return [
    'ssh',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...options(settings),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    ...(address.user === undefined ? [] : ['-l', address.user]),
    '--',
    address.destination,
  ]
}

function options(settings: readonly string[]): string[] {
  return settings.flatMap((setting) => ['-o', setting])
}

/** ssh reads a leading dash as an option, and its `%h` and `%r` may end up in a ProxyCommand. */
function assertSafe({ name, destination, user }: HostAddress): void {
  for (const word of user === undefined ? [destination] : [destination, user]) {
    const isSafe = word.length > 0 && word.length <= 255 && !UNSAFE.test(word)
    if (!isSafe) throw hostAddressUnsafe({ host: name })
  }
}

/** A dollar sign may end the name of a machine account. */
const UNSAFE = /^-|[\s\p{Cc}'"`\\;&<>|(){}*?!]|\$(?!$)/u
