import { defineFailure } from '../../base/failure.ts'

export const hookOneServer = defineFailure<{ environment: string; hosts: readonly string[] }>({
  code: 'HOOK_ONE_SERVER',
  exit: 'input',
  message: ({ environment, hosts }) =>
    `${environment} has ${hosts.length} servers, and a push goes to one`,
  hint: () =>
    'Belay on one server would need a key for all others. Deploy several from CI: belay ci init.',
})

export const hookHostUnknown = defineFailure<{
  environment: string
  host: string
  reason: string
}>({
  code: 'HOOK_HOST_UNKNOWN',
  exit: 'input',
  message: ({ environment, host, reason }) =>
    host === ''
      ? `${environment} has no server`
      : `${host}, the server of ${environment}: ${reason}`,
  hint: () => 'Name it in belay.yaml: hosts: [deploy@shop.example.com]',
})

export const hookBranchMissing = defineFailure<{ environment: string; file: string }>({
  code: 'HOOK_BRANCH_MISSING',
  exit: 'input',
  message: ({ environment }) => `${environment} has no branch, so that no push would deploy it`,
  hint: ({ file }) => `Say which one in ${file}: branch: main`,
})

export const hookProgramsMissing = defineFailure<{
  host: string
  missing: readonly string[]
  oldNode: string | undefined
}>({
  code: 'HOOK_PROGRAMS_MISSING',
  exit: 'unavailable',
  message: ({ host, missing, oldNode }) =>
    `${host} lacks ${missing.join(', ')}${oldNode === undefined ? '' : ` (it has ${oldNode})`}; ` +
    'Belay itself runs there for a push. Nothing was changed',
  hint: ({ missing }) => {
    const packages = missing.filter((name) => !name.startsWith('Node'))
    const named = packages.map((name) => (name === 'flock' ? 'util-linux' : name))
    const apt = named.length === 0 ? '' : `On the server: sudo apt-get install ${named.join(' ')}. `
    const node = 'Node 20.19 or newer: https://nodejs.org/en/download'
    return `${apt}${packages.length === missing.length ? 'Then run this again.' : node}`
  },
})

export const hookRepositoryForeign = defineFailure<{ host: string; repository: string }>({
  code: 'HOOK_REPOSITORY_FOREIGN',
  exit: 'input',
  message: ({ host, repository }) =>
    `${repository} on ${host} is there already, and belay hook install did not make it; it is left ` +
    'as it is',
  hint: () => 'Name another place with --repository, or move that one away.',
})

export const hookRepositoryOfAnother = defineFailure<{ repository: string; owner: string }>({
  code: 'HOOK_REPOSITORY_OF_ANOTHER',
  exit: 'input',
  message: ({ repository, owner }) => `${repository} deploys ${owner}; it is left as it is`,
  hint: () => 'Name another place with --repository, or remove that hook: belay hook remove.',
})

export const hookRepositoryOdd = defineFailure<{ repository: string }>({
  code: 'HOOK_REPOSITORY_ODD',
  exit: 'input',
  message: ({ repository }) => `a repository cannot lie at ${JSON.stringify(repository)}`,
  hint: () => 'Give an absolute path, or one that begins with ~/, of letters, digits and . _ - /',
})

export const hookKeyInvalid = defineFailure<{ file: string; reason: string }>({
  code: 'HOOK_KEY_INVALID',
  exit: 'input',
  message: ({ file, reason }) => `${file} is no public key: ${reason}`,
  hint: () => 'Give the file that ends in .pub, like ~/.ssh/id_ed25519.pub.',
})

export const hookMissing = defineFailure<{ host: string; repository: string }>({
  code: 'HOOK_MISSING',
  exit: 'unavailable',
  message: ({ host, repository }) => `there is no hook of Belay at ${repository} on ${host}`,
  hint: () => 'Install one: belay hook install. If it lies elsewhere, say where: --repository.',
})

export const hookBusy = defineFailure<{ host: string }>({
  code: 'HOOK_BUSY',
  exit: 'unavailable',
  message: ({ host }) => `a push is being deployed on ${host} just now; nothing was removed`,
  hint: () => 'Wait until it has ended: belay hook show.',
})

export const hookServerFailed = defineFailure<{ host: string; doing: string }>({
  code: 'HOOK_SERVER_FAILED',
  exit: 'unavailable',
  message: ({ host, doing }) => `${doing} failed on ${host}`,
  hint: () => 'The lines above are the server’s own. Look at rights and free space there.',
})

export const hookUnbuilt = defineFailure<object>({
  code: 'HOOK_UNBUILT',
  exit: 'unavailable',
  message: () =>
    'this Belay runs from its sources, and a server needs the one file that is shipped',
  hint: () => 'Run npm run build, and call dist/belay.js.',
})

/** Told to whoever pushes: git prints it, and takes nothing. */
export const pushRefused = defineFailure<{ environment: string; by: string }>({
  code: 'PUSH_REFUSED',
  exit: 'unavailable',
  message: ({ environment, by }) =>
    `not taken: ${by}, and ${environment} is set to refuse meanwhile`,
  hint: () => 'Push again when it has ended. hook: { busy: wait } in belay.yaml lets a push wait.',
})

export const pushUnreadable = defineFailure<{ repository: string; reason: string }>({
  code: 'PUSH_UNREADABLE',
  exit: 'input',
  message: ({ repository, reason }) => `the hook of ${repository} cannot go on: ${reason}`,
  hint: () => 'Run belay hook install again, from where you develop.',
})

export const pushWithoutConfig = defineFailure<{ commit: string; file: string }>({
  code: 'PUSH_WITHOUT_CONFIG',
  exit: 'input',
  message: ({ commit, file }) => `the commit ${commit} has no ${file}; nothing was deployed`,
  hint: ({ file }) => `Add ${file} to it (belay init writes one), then push again.`,
})

export const pushMoved = defineFailure<{ environment: string; moved: readonly string[] }>({
  code: 'PUSH_MOVED',
  exit: 'input',
  message: ({ environment, moved }) =>
    `the pushed belay.yaml says something else of ${environment} than when this hook was ` +
    `installed: ${moved.join('; ')}. Nothing was deployed`,
  hint: () => 'If that is meant, run belay hook install again from there, then push again.',
})

export const pushValuesMissing = defineFailure<{ file: string }>({
  code: 'PUSH_VALUES_MISSING',
  exit: 'input',
  message: ({ file }) => `the environment's values are missing: there is no ${file} on this server`,
  hint: ({ file }) => `Put the env file there, for example: scp .env.production <server>:${file}`,
})

export const pushValuesUnreadable = defineFailure<{ file: string; line: number; reason: string }>({
  code: 'PUSH_VALUES_UNREADABLE',
  exit: 'input',
  message: ({ file, line, reason }) => `${file}:${line} on this server cannot be read: ${reason}`,
  hint: () =>
    "It is read as compose reads an env file. A value with special characters goes in '…'.",
})
