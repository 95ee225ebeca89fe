import { defineFailure } from '../../base/failure.ts'

/** Expected failures of looking at what is there. */

export const nothingDeployed = defineFailure<{ environment: string }>({
  code: 'NOTHING_DEPLOYED',
  exit: 'unavailable',
  message: ({ environment }) => `no release serves in ${environment} yet`,
  hint: () => 'The first one comes with `belay deploy`.',
})

export const noSuchService = defineFailure<{
  service: string
  release: string
  known: readonly string[]
  near: string | undefined
}>({
  code: 'NO_SUCH_SERVICE',
  exit: 'input',
  message: ({ service, release }) => `${release} has no service ${JSON.stringify(service)}`,
  hint: ({ known, near }) =>
    `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${known.join(', ')}.`,
})

export const noSuchRelease = defineFailure<{ release: string; kept: readonly string[] }>({
  code: 'RELEASE_NOT_KEPT',
  exit: 'input',
  message: ({ release }) => `no host has a release ${JSON.stringify(release)}`,
  hint: ({ kept }) => (kept.length === 0 ? 'None is kept yet.' : `Kept are: ${kept.join(', ')}.`),
})

export const noContainers = defineFailure<{ what: string }>({
  code: 'NO_CONTAINERS',
  exit: 'unavailable',
  message: ({ what }) => `no container of ${what} is there`,
  hint: () =>
    '`belay status` shows what runs. Older releases keep no containers, and failed ones neither: ' +
    '`belay show` has their last lines.',
})

export const noSuchHost = defineFailure<{
  host: string
  hosts: readonly string[]
  near: string | undefined
}>({
  code: 'NO_SUCH_HOST',
  exit: 'input',
  message: ({ host }) => `no host of the configuration is called ${JSON.stringify(host)}`,
  hint: ({ hosts, near }) =>
    `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${hosts.join(', ')}.`,
})

export const noHostReachable = defineFailure<{ hosts: readonly string[] }>({
  code: 'NO_HOST_REACHABLE',
  exit: 'unavailable',
  message: ({ hosts }) => `none of the hosts could be asked: ${hosts.join(', ')}`,
  hint: () => '`belay host doctor` examines each of them.',
})

export const noSuchRun = defineFailure<{ run: string | undefined; recent: readonly string[] }>({
  code: 'NO_SUCH_RUN',
  exit: 'input',
  message: ({ run }) =>
    run === undefined ? 'no run was recorded yet' : `no host knows a run ${JSON.stringify(run)}`,
  hint: ({ recent }) =>
    recent.length === 0
      ? 'The first one comes with `belay deploy`.'
      : `The last ones were: ${recent.join(', ')}. \`belay history\` lists more.`,
})

export const noReceipt = defineFailure<{ run: string }>({
  code: 'NO_RECEIPT',
  exit: 'unavailable',
  message: ({ run }) => `the run ${run} left no receipt: it was cut off before its end`,
  hint: () => '`belay history` says how it ended, and `belay status` what serves.',
})

export const noLog = defineFailure<{ run: string }>({
  code: 'NO_LOG',
  exit: 'unavailable',
  message: ({ run }) => `there is no log of the run ${run} any more`,
  hint: () => 'Logs are kept for thirty days; `belay report` without --format log has its receipt.',
})
