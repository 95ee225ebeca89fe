import { defineFailure } from '../base/failure.ts'

/** Expected failures on the way to a server and on it. */

export const hostAddressUnsafe = defineFailure<{ host: string }>({
  code: 'HOST_ADDRESS_UNSAFE',
  exit: 'input',
  message: ({ host }) => `${JSON.stringify(host)} cannot be the address of a host`,
  hint: () => 'Write user@name, ssh://user@name:port, or a name from your SSH configuration.',
})

export const sshMissing = defineFailure<{ host: string }>({
  code: 'SSH_MISSING',
  exit: 'unavailable',
  message: ({ host }) => `cannot reach ${host}: there is no ssh command on this machine`,
  hint: () => 'Install the OpenSSH client (Debian: apt-get install openssh-client) and try again.',
})

const UNREACHABLE_HINTS = {
  'no-such-name': (host: string) =>
    `Check the spelling of ${host}, or add the name to your SSH configuration or DNS.`,
  refused: () => 'Check that sshd runs there and listens on that port (ssh://user@name:port).',
  timeout: () => 'Check that the server is up and that no firewall or missing VPN is in between.',
  closed: () => 'Check the log of sshd there: it may limit connections or ban this address.',
} as const

export const hostUnreachable = defineFailure<{
  host: string
  why: keyof typeof UNREACHABLE_HINTS
  reason: string
}>({
  code: 'HOST_UNREACHABLE',
  exit: 'unavailable',
  message: ({ host, reason }) => `cannot reach ${host}: ${reason}`,
  hint: ({ host, why }) => UNREACHABLE_HINTS[why](host),
})

export const hostKeyUnknown = defineFailure<{ host: string; name: string }>({
  code: 'HOST_KEY_UNKNOWN',
  exit: 'unavailable',
  message: ({ host, name }) =>
    name === host
      ? `${host} is not known yet: its host key was never confirmed on this machine`
      : `${host} is not known yet: the host key of ${name} was never confirmed on this machine`,
  hint: ({ host }) => `belay host trust ${host} shows the key's fingerprint and asks to keep it.`,
})

export const hostKeyChanged = defineFailure<{ host: string; offered: string; known: string }>({
  code: 'HOST_KEY_CHANGED',
  exit: 'unavailable',
  message: ({ host, offered }) =>
    `the host key of ${host} has changed (it now shows ${offered}); nothing was sent`,
  hint: ({ host, known }) =>
    `If the server was not reinstalled, someone may be in between. If it was: belay host trust ` +
    `${host} compares both keys and replaces the known one${known === '' ? '' : ` (${known})`}.`,
})

export const hostKeyUnreadable = defineFailure<{ host: string }>({
  code: 'HOST_KEY_UNREADABLE',
  exit: 'unavailable',
  message: ({ host }) => `the host key of ${host} could not be asked for`,
  hint: () => 'ssh names the reason above; a jump host in between must be trusted first.',
})

export const knownHostsUnwritable = defineFailure<{ file: string; reason: string }>({
  code: 'KNOWN_HOSTS_UNWRITABLE',
  exit: 'unavailable',
  message: ({ file, reason }) => `cannot write ${file}: ${reason}`,
  hint: () =>
    'Make the file writable for you, or set UserKnownHostsFile in your SSH configuration.',
})

export const sshRefused = defineFailure<{
  host: string
  user: string
  methods: string
  tried: readonly string[]
  tooMany: boolean
}>({
  code: 'SSH_REFUSED',
  exit: 'unavailable',
  message: ({ host, user, methods, tried }) =>
    `${host} does not let ${user} in (it accepts: ${methods}); offered: ` +
    (tried.length === 0 ? 'no key at all' : tried.join(', ')),
  hint: ({ user, tried, tooMany }) =>
    tooMany
      ? 'Too many keys were tried: set IdentitiesOnly yes and IdentityFile for this host.'
      : tried.length === 0
        ? 'Name your key with IdentityFile in your SSH configuration, or load it with ssh-add.'
        : `Check the user name, add the public key to ~${user}/.ssh/authorized_keys there, and ` +
          'load a key that has a passphrase with ssh-add first.',
})

export const sshFailed = defineFailure<{ host: string; reason: string }>({
  code: 'SSH_FAILED',
  exit: 'unavailable',
  message: ({ host, reason }) => `ssh could not connect to ${host}: ${reason}`,
  hint: ({ host }) => `Try ssh ${host} true by hand: once that works, Belay does too.`,
})

export const hostShellUnusable = defineFailure<{ host: string; user: string }>({
  code: 'HOST_SHELL_UNUSABLE',
  exit: 'unavailable',
  message: ({ host, user }) => `${host} lets ${user} in, but runs no commands for it`,
  hint: ({ user }) =>
    `Give ${user} a login shell, without a forced command in authorized_keys or sshd_config.`,
})

export const connectInterrupted = defineFailure<{ host: string }>({
  code: 'CONNECT_INTERRUPTED',
  exit: 'interrupted',
  message: ({ host }) => `interrupted while connecting to ${host}; nothing was touched`,
  hint: () => 'Run the command again when you are ready.',
})

export const linkLost = defineFailure<{ host: string; during: string }>({
  code: 'LINK_LOST',
  exit: 'unavailable',
  message: ({ host, during }) => `the connection to ${host} broke during ${during}`,
  hint: () => 'Nothing was changed by it. Run the command again.',
})

export const outcomeUnknown = defineFailure<{ host: string; during: string; seconds: number }>({
  code: 'OUTCOME_UNKNOWN',
  exit: 'critical',
  message: ({ host, during, seconds }) =>
    `the connection to ${host} broke during ${during} and could not be made again in ${seconds} s`,
  hint: () =>
    'An unconfirmed release is put back by the server itself when the lease lapses. ' +
    'belay status tells where it ended; belay resume, or whatever is run next, finishes it.',
})

export const noDocker = defineFailure<{ host: string }>({
  code: 'NO_DOCKER',
  exit: 'unavailable',
  message: ({ host }) => `${host} has no docker command`,
  hint: () =>
    'Install Docker there: belay host setup does it on Debian and Ubuntu, ' +
    'https://docs.docker.com/engine/install/ tells how elsewhere.',
})

export const noCompose = defineFailure<{ host: string }>({
  code: 'NO_COMPOSE',
  exit: 'unavailable',
  message: ({ host }) => `${host} has Docker, but not docker compose (version 2)`,
  hint: () => 'Install the Compose plugin there (package docker-compose-plugin or docker-compose).',
})

export const dockerNotPermitted = defineFailure<{ host: string; user: string }>({
  code: 'DOCKER_NOT_PERMITTED',
  exit: 'unavailable',
  message: ({ host, user }) => `${user} may not use Docker on ${host}`,
  hint: ({ user }) =>
    `As root there: usermod -aG docker ${user}. Members of that group are as powerful as root.`,
})

export const dockerStopped = defineFailure<{ host: string }>({
  code: 'DOCKER_STOPPED',
  exit: 'unavailable',
  message: ({ host }) => `the Docker daemon on ${host} does not answer`,
  hint: () =>
    'Start it there, or again where it hangs (systemctl restart docker); its log tells why it does not ' +
    'stay up. What runs in containers goes on meanwhile.',
})

export const stateFolderUnusable = defineFailure<{ host: string; user: string; reason: string }>({
  code: 'STATE_FOLDER_UNUSABLE',
  exit: 'unavailable',
  message: ({ host, reason }) => `the state folder on ${host} cannot be used: ${reason}`,
  hint: ({ user }) =>
    `Let ${user} write it, or deploy as the user who did before: one host keeps one state folder.`,
})

export const stateNewer = defineFailure<{ host: string }>({
  code: 'STATE_NEWER',
  exit: 'unavailable',
  message: ({ host }) =>
    `a newer Belay has worked on this app on ${host}: this one would misread its state`,
  hint: () =>
    'Update Belay here (npm install --global belay-deploy). What serves is not concerned.',
})

export const leaseHeld = defineFailure<{
  host: string
  owner: string
  purpose: string
  run: string
  since: string
  left: string
}>({
  code: 'LEASE_HELD',
  exit: 'unavailable',
  message: ({ host, owner, purpose, since }) =>
    `${owner} has been working on this app on ${host} for ${since}: ${purpose}`,
  hint: ({ left }) =>
    `Wait for it with --wait 10m (its lease ends in ${left} unless it is renewed), or, if that ` +
    'run is dead, take over with --steal: what it left unfinished is put back first ' +
    '(`belay resume --steal` does that, and nothing else).',
})

export const fenced = defineFailure<{ host: string }>({
  code: 'FENCED',
  exit: 'rolledBack',
  message: ({ host }) => `another run took over this app on ${host} while this one was working`,
  hint: () =>
    'This run changes nothing more; the other one decides. belay status shows what serves, ' +
    'belay history who it was.',
})

export const overtaken = defineFailure<{ host: string }>({
  code: 'OVERTAKEN',
  exit: 'rolledBack',
  message: ({ host }) => `it was already decided on ${host} how this run ends`,
  hint: () =>
    'A watchdog that hears nothing from the deployer puts the previous release back. ' +
    'belay status shows what serves; deploy again when the connection is good.',
})

export const hostBusy = defineFailure<{ host: string; by: string }>({
  code: 'HOST_BUSY',
  exit: 'unavailable',
  message: ({ host, by }) => `${host} is still busy with ${by} of this app`,
  hint: () => 'Wait until it has ended; belay lease show tells whose it is.',
})

export const watchdogNotAlive = defineFailure<{ host: string }>({
  code: 'WATCHDOG_NOT_ALIVE',
  exit: 'rolledBack',
  message: ({ host }) => `no watchdog came alive on ${host}, so no traffic was moved`,
  hint: () =>
    'It runs as belay-proxy-watchdog-1, by systemd-run or by setsid: docker logs ' +
    'belay-proxy-watchdog-1 there may say why it does not.',
})

export const actionFailed = defineFailure<{
  host: string
  title: string
  instruction: string
  /** `release`: what it runs failed by itself. Anything else may be the host's. */
  blame: 'release' | 'unknown'
}>({
  code: 'ACTION_FAILED',
  exit: 'rolledBack',
  message: ({ host, title, instruction }) =>
    `${title} failed on ${host}${instruction === '' ? '' : ` (at: ${instruction})`}`,
  hint: () => 'The lines above are what the command itself said; belay show tells the whole run.',
})

export const actionTimedOut = defineFailure<{ host: string; title: string; seconds: number }>({
  code: 'ACTION_TIMED_OUT',
  exit: 'rolledBack',
  message: ({ host, title, seconds }) => `${title} took longer than ${seconds} s on ${host}`,
  hint: () => 'Look at what it was waiting for, or allow more time in belay.yaml.',
})

export const actionCancelled = defineFailure<{ host: string; title: string }>({
  code: 'ACTION_CANCELLED',
  exit: 'interrupted',
  message: ({ host, title }) => `${title} was interrupted on ${host}`,
  hint: () => 'What it had changed is put back; belay status shows what serves.',
})

export const imagePullFailed = defineFailure<{ host: string; image: string }>({
  code: 'IMAGE_PULL_FAILED',
  exit: 'build',
  message: ({ host, image }) => `${host} could not pull ${image}`,
  hint: () => 'Check the name and tag; for a private registry, run docker login there once.',
})

export const hostSaveFailed = defineFailure<{ host: string; images: readonly string[] }>({
  code: 'HOST_SAVE_FAILED',
  exit: 'build',
  message: ({ host, images }) => `docker save of ${images.join(', ')} failed on ${host}`,
  hint: () => "Docker's own words are above; docker image ls there shows what it has.",
})

export const imageLoadFailed = defineFailure<{ host: string; reason: string }>({
  code: 'IMAGE_LOAD_FAILED',
  exit: 'build',
  message: ({ host, reason }) => `sending images to ${host} failed: ${reason}`,
  hint: () => "Check the space on Docker's disk there (docker system df), then try again.",
})

export const commandFailed = defineFailure<{ host: string; command: string; reason: string }>({
  code: 'HOST_COMMAND_FAILED',
  exit: 'unavailable',
  message: ({ host, command, reason }) => `${command} could not be run on ${host}: ${reason}`,
  hint: () => 'Run it there by hand: once that works, Belay can use it too.',
})

export const checkoutFailed = defineFailure<{ folder: string; reason: string }>({
  code: 'CHECKOUT_FAILED',
  exit: 'unavailable',
  message: ({ folder, reason }) => `the pushed commit could not be put into ${folder}: ${reason}`,
  hint: () => 'Nothing was deployed. Look at free space and rights on the server, then push again.',
})
