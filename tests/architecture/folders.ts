/**
 * The folders of `src/`, in the order in which they may know each other: a folder imports itself
 * and those before it. `ARCHITECTURE.md` prints the same list; `docs.test.ts` compares the two.
 */
export const FOLDERS = [
  'base',
  'config',
  'plan',
  'rollouts',
  'pipeline',
  'hosts',
  'checks',
  'backups',
  'steps',
  'notifications',
  'triggers',
  'operations',
  'server',
  'cli',
] as const

/** No I/O, no clock, no chance: what they need of those is handed in. */
export const PURE: readonly string[] = FOLDERS.slice(0, FOLDERS.indexOf('hosts'))

/** Where the program starts: everything else must be reachable from here. */
export const ENTRIES: readonly string[] = ['src/cli/main.ts', 'src/cli/program.ts']

/** A folder of kinds: its contract's file and type, and `index.ts`, the one list of them. */
export interface KindFolder {
  readonly folder: string
  readonly contract: string
  readonly type: string
}

export const KIND_FOLDERS: readonly KindFolder[] = [
  { folder: 'src/rollouts', contract: 'rollout.ts', type: 'Rollout' },
  { folder: 'src/checks', contract: 'check.ts', type: 'Check' },
  { folder: 'src/backups', contract: 'backup.ts', type: 'Backup' },
  { folder: 'src/backups/stores', contract: 'store.ts', type: 'Store' },
  { folder: 'src/steps', contract: 'step.ts', type: 'Step' },
  { folder: 'src/notifications', contract: 'notifier.ts', type: 'Notifier' },
  { folder: 'src/triggers', contract: 'trigger.ts', type: 'Trigger' },
  { folder: 'src/triggers/ci', contract: 'ci-system.ts', type: 'CiSystem' },
  { folder: 'src/hosts/proxies', contract: 'proxy.ts', type: 'Proxy' },
  { folder: 'src/operations/tests/coverage', contract: 'format.ts', type: 'CoverageFormat' },
  { folder: 'src/cli/commands', contract: 'command.ts', type: 'Command' },
]

/** Packages that only one folder may know, so that replacing one stays a small change. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  yaml: ['config'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  nodemailer: ['hosts'],
}
