import { defineFailure } from '../../base/failure.ts'

/** Expected failures of ending what was left unfinished. */

export const stillSplit = defineFailure<{ wanted: string; hosts: readonly string[]; why: string }>({
  code: 'STILL_SPLIT',
  exit: 'critical',
  message: ({ wanted, hosts, why }) =>
    `${hosts.join(', ')} could not be brought to ${wanted}, which the others serve: ${why}`,
  hint: () =>
    '`belay deploy` brings one release to all of them; `belay status` shows what each serves now',
})

export const resumeUnproved = defineFailure<{ host: string; release: string }>({
  code: 'RESUME_UNPROVED',
  exit: 'critical',
  message: ({ host, release }) =>
    `what was left on ${host} is ended, but ${release}, which serves, does not pass its checks`,
  hint: ({ host }) =>
    `look now: \`belay status\`, \`belay logs\`, and on ${host}: \`docker ps -a\`; ` +
    '`belay rollback` goes to another release',
})
