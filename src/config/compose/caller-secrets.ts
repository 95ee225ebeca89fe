import { secretsAmong } from '../settings/secrets.ts'
import type { Lookup } from '../source/expand.ts'
import type { Tree } from '../source/tree.ts'
import { referencesIn, variablesIn, type VariableUse } from './variables.ts'

/** Keys of a service that say which, where and how much: what goes in there is shown in plans. */
const PLAIN_OF_SERVICE: ReadonlySet<string> = new Set(
  (
    'image platform pull_policy container_name hostname domainname user group_add runtime profiles ' +
    'ports expose networks network_mode volumes volumes_from tmpfs working_dir env_file label_file ' +
    'extends depends_on restart deploy scale cpus cpu_shares cpuset mem_limit mem_reservation ' +
    'memswap_limit shm_size pids_limit stop_signal stop_grace_period'
  ).split(' '),
)
const PLAIN_OF_BUILD: ReadonlySet<string> = new Set(
  'context dockerfile target platforms tags network additional_contexts'.split(' '),
)

/** Names that say what their value is: something to be read, not to be kept. */
const PLAIN_NAME = /(^|_)(TAG|VERSION|REVISION|COMMIT|SHA|REF|BRANCH|PORT)$/i
const SYSTEM_NAME =
  /^(HOME|PWD|OLDPWD|PATH|TMPDIR|USER|LOGNAME|UID|GID|SHELL|HOSTNAME|TZ|LANG|LC_\w+)$/

/** A version, a commit, a port; or what every shell has. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name) || SYSTEM_NAME.test(name)
}

export interface Taken {
  readonly trees: readonly Tree[]
  /** Texts of env files, which may pass on the caller's values as well. */
  readonly envFiles: readonly string[]
  /** The caller's own values. */
  readonly caller: Lookup
}

/**
 * What compose takes from its caller and must be printed nowhere. A variable that goes into an
 * image's name, a port or another plain setting is no secret, wherever else it is used; nor is a
 * value that the compose files spell out themselves.
 */
export function callerSecrets({ trees, envFiles, caller }: Taken): readonly string[] {
  const uses = trees.flatMap((tree) => variablesIn(tree))
  const plain = new Set(uses.filter(isPlain).map(({ name }) => name))
  const names = new Set([...uses.map(({ name }) => name), ...envFiles.flatMap(namesInEnvFile)])
  const values = [...names]
    .filter((name) => !plain.has(name) && !isPlainName(name))
    .flatMap((name) => caller(name) ?? [])
  return trees.reduce<readonly string[]>(
    (left, tree) => secretsAmong(left, tree),
    [...new Set(values)],
  )
}

function isPlain({ keys: [top, name, key, below] }: VariableUse): boolean {
  if (top === 'name' || top === 'include') return true
  if (top === 'services') {
    return key === 'build' ? isPlainOfBuild(below) : PLAIN_OF_SERVICE.has(key ?? '')
  }
  // Options of a volume's driver may hold a password.
  return ['volumes', 'networks', 'secrets', 'configs'].includes(top ?? '') && name !== undefined
    ? key === 'name' || key === 'file'
    : false
}

/** The short form is the context. */
function isPlainOfBuild(key: string | undefined): boolean {
  return key === undefined || PLAIN_OF_BUILD.has(key)
}

/** `A=$NAME`, and `NAME` alone on its line. */
function namesInEnvFile(text: string): readonly string[] {
  const bare = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*$/gm)]
  return [...referencesIn(text), ...bare.map(([, name = '']) => name)]
}
