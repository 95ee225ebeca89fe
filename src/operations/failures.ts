import { defineFailure } from '../base/failure.ts'

export const declined = defineFailure<{ purpose: string }>({
  code: 'DECLINED',
  exit: 'unavailable',
  message: ({ purpose }) => `the ${purpose} was declined`,
  hint: () => 'run it again when you are ready; --yes answers beforehand',
})

export const markedBad = defineFailure<{ release: string; reason: string }>({
  code: 'MARKED_BAD',
  exit: 'unavailable',
  message: ({ release, reason }) => `the same thing failed before, as ${release}: ${reason}`,
  hint: () => 'change something, or try the very same once more with --again',
})

export const interruptedByCaller = defineFailure<object>({
  code: 'INTERRUPTED',
  exit: 'interrupted',
  message: () => 'interrupted',
  hint: () => '`belay status` shows what serves',
})

export const overtaken = defineFailure<{ what: string }>({
  code: 'WATCHDOG_DECIDED',
  exit: 'rolledBack',
  message: ({ what }) => `${what} was not confirmed in time: the host's watchdog decided first`,
  hint: () => 'a slow or lost link does that: deploy again, or give `watchdog:` more time',
})

export const notConverged = defineFailure<{ serving: string; behind: readonly string[] }>({
  code: 'SPLIT',
  exit: 'critical',
  message: ({ serving, behind }) =>
    `${serving} is confirmed, but ${behind.join(', ')} did not follow and may serve another one`,
  hint: () => '`belay resume` brings the hosts that stayed behind to it; `belay status` shows them',
})

export const fleetSplit = defineFailure<{
  anchor: string
  wanted: string
  behind: readonly { readonly host: string; readonly serving: string }[]
}>({
  code: 'FLEET_SPLIT',
  exit: 'unavailable',
  message: ({ anchor, wanted, behind }) => {
    const others = behind.map(({ host, serving }) => `${host} serves ${serving}`).join(', ')
    return `the hosts serve different releases: ${anchor} serves ${wanted}, ${others}`
  },
  hint: ({ wanted }) =>
    `\`belay resume\` brings the others to ${wanted}, \`belay deploy\` a new release to all; ` +
    'then restart it',
})

export const rollbackUnproved = defineFailure<{ host: string; release: string }>({
  code: 'ROLLBACK_UNPROVED',
  exit: 'critical',
  message: ({ host, release }) =>
    `${host} was put back to ${release}, but ${release} does not pass its checks`,
  hint: ({ host }) =>
    `look now: \`belay status\`, \`belay logs\`, and on ${host}: \`docker ps -a\` and the script ` +
    '`rollback` in the state folder',
})

export const rollbackFailed = defineFailure<{ hosts: readonly string[] }>({
  code: 'ROLLBACK_FAILED',
  exit: 'critical',
  message: ({ hosts }) => `could not put everything back on ${hosts.join(', ')}`,
  hint: () =>
    'traffic was turned back where the host could be reached; the host goes on by itself, and ' +
    '`belay status` tells; `belay resume`, or whatever is run next, finishes it',
})

export const releaseIncomplete = defineFailure<{ release: string }>({
  code: 'RELEASE_INCOMPLETE',
  exit: 'unavailable',
  message: ({ release }) => `${release} cannot be brought back: not all of it is there any more`,
  hint: () => 'choose another with `belay history`, or deploy that commit again',
})

export const nothingToRollBackTo = defineFailure<{ serving: string | undefined }>({
  code: 'NO_PREVIOUS_RELEASE',
  exit: 'input',
  message: ({ serving }) =>
    serving === undefined
      ? 'no release was ever confirmed here'
      : `nothing was kept before ${serving}`,
  hint: ({ serving }) =>
    serving === undefined
      ? 'the first release comes with `belay deploy`'
      : '`belay history` lists the releases that are kept',
})

export const unknownRelease = defineFailure<{ release: string; kept: readonly string[] }>({
  code: 'UNKNOWN_RELEASE',
  exit: 'input',
  message: ({ release }) => `there is no release ${JSON.stringify(release)} on the hosts`,
  hint: ({ kept }) => (kept.length === 0 ? 'no release is kept' : `kept are: ${kept.join(', ')}`),
})

export const alreadyServing = defineFailure<{ release: string }>({
  code: 'ALREADY_SERVING',
  exit: 'input',
  message: ({ release }) => `${release} is what already runs`,
  hint: () => '`belay restart` starts it afresh; `belay history` lists the others',
})

export const badRelease = defineFailure<{ release: string; reason: string }>({
  code: 'RELEASE_IS_BAD',
  exit: 'input',
  message: ({ release, reason }) => `${release} was marked bad: ${reason}`,
  hint: () => '`belay history` shows which releases proved themselves',
})

export const imageUnavailable = defineFailure<{
  host: string
  reference: string
  /** Why this machine could have none. */
  noDockerHere?: string
}>({
  code: 'IMAGE_UNAVAILABLE',
  exit: 'build',
  message: ({ host, reference, noDockerHere }) =>
    `${host} cannot get the image ${reference}: it is not there, cannot be pulled, and ` +
    (noDockerHere === undefined ? 'is not here' : `cannot come from here (${noDockerHere})`),
  hint: ({ noDockerHere }) =>
    noDockerHere === undefined
      ? 'check the name and tag; build it here, or log in to its registry on the host'
      : 'check the name and tag; log in to its registry on the host, or put it there by docker load',
})

export const wrongArchitecture = defineFailure<{
  host: string
  reference: string
  image: string
  machine: string
}>({
  code: 'WRONG_ARCHITECTURE',
  exit: 'build',
  message: ({ host, reference, image, machine }) =>
    `${reference} is built for ${image}, but ${host} is ${machine}`,
  hint: ({ machine }) => `build it for the host: docker build --platform linux/${machine}`,
})

export const diskNearlyFull = defineFailure<{ host: string; freeMb: number; neededMb: number }>({
  code: 'DISK_NEARLY_FULL',
  exit: 'unavailable',
  message: ({ host, freeMb, neededMb }) =>
    `${host} has ${freeMb} MB of disk left; this deployment needs ${neededMb} MB`,
  hint: () => 'free some space (`docker system df` on the host shows where it is), then try again',
})

export const domainClaimed = defineFailure<{ host: string; domain: string; by: string }>({
  code: 'DOMAIN_CLAIMED',
  exit: 'input',
  message: ({ host, domain, by }) => `${domain} already belongs to ${by} on ${host}`,
  hint: () => 'one app answers for a domain and path: change the route here, or remove it there',
})

export const proxyPortTaken = defineFailure<{
  host: string
  ports: readonly number[]
  /** A container that holds one of them, where it is one. */
  by: string | undefined
}>({
  code: 'PROXY_PORT_TAKEN',
  exit: 'unavailable',
  message: ({ host, ports, by }) =>
    `the proxy needs port ${ports.join(' and ')} on ${host}, ` +
    `which ${by === undefined ? 'another program' : `the container ${by}`} holds`,
  hint: () => 'stop it, give `proxy: { http-port: … }`, or `proxy: none`',
})

export const projectTaken = defineFailure<{ host: string; project: string; by: string }>({
  code: 'PROJECT_TAKEN',
  exit: 'input',
  message: ({ host, project, by }) => `the compose project ${project} on ${host} belongs to ${by}`,
  hint: () => 'give the compose file another `name:`, or the app another name in belay.yaml',
})

export const projectUnclear = defineFailure<{
  host: string
  project: string
  /** Where it was started. */
  folder: string | undefined
  services: readonly string[]
  /** What a project of its own would be called. */
  own: string
}>({
  code: 'PROJECT_UNCLEAR',
  exit: 'input',
  message: ({ host, project, folder, services }) =>
    `${host} runs a compose project ${project} with the same services (${services.join(', ')})` +
    `${folder === undefined ? '' : `, started in ${folder}`}: it may be this app, with its data`,
  hint: ({ project, own }) =>
    `say which in the compose file: name: ${project} takes it over as it is, ` +
    `name: ${own} starts another beside it, with empty volumes`,
})

export const nothingServes = defineFailure<{ host: string }>({
  code: 'NOTHING_SERVES',
  exit: 'input',
  message: ({ host }) => `no release serves on ${host}`,
  hint: () => '`belay deploy` makes the first one',
})

export const stateOfAnother = defineFailure<{
  host: string
  folder: string
  /** A release that is kept there, and whose it is. */
  release: string
  of: string
}>({
  code: 'STATE_OF_ANOTHER_APP',
  exit: 'unavailable',
  message: ({ host, folder, release, of }) =>
    `${folder} on ${host} holds ${release} of ${of}: it is a copy of that app's state`,
  hint: ({ host, folder }) =>
    `if nothing of this app was ever deployed there, remove ${folder} on ${host}; what serves is ` +
    'not touched by that',
})

export const recordGone = defineFailure<{
  host: string
  release: string
  folder: string
  project: string
}>({
  code: 'RECORD_GONE',
  exit: 'unavailable',
  message: ({ host, release }) =>
    `${release} serves on ${host}, but its record is gone: nobody can tell what it is made of`,
  hint: ({ release, folder, project }) =>
    `put ${folder}/releases/${release} back from a copy of the server; without one, there: ` +
    `docker compose -p ${project} down, rm ${folder}/current, and deploy (nothing serves meanwhile)`,
})

export const sharedContainer = defineFailure<{ service: string; with: string; key: string }>({
  code: 'BASE_SHARES_CONTAINER',
  exit: 'input',
  message: ({ service, with: other, key }) =>
    `${service} lives in the container of ${other} (${key}), which would be exchanged`,
  hint: ({ service, with: other }) =>
    `give ${service} a container of its own, or change ${other} on the server, by compose`,
})
