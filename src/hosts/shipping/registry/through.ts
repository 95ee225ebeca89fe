import type { OnProgress } from '../../host.ts'
import { workInterrupted } from '../../own-workstation/failures.ts'
import type { Ended } from '../../process.ts'
import { imageNotAsSent } from '../failures.ts'
import type { Site } from '../host-layers.ts'
import { digestIn, dockerConfig, pinned, type RegistryPull, type RegistryPush } from './words.ts'
import { registryRefuses } from './failures.ts'
import { registryTrouble } from './trouble.ts'

const LINES_KEPT = 40
const NO_FOLDER = 171
const OTHER_IMAGE = 174

/**
 * Reads a configuration for Docker with one login in it into a folder of its own, and removes that
 * in the end; also those of others that were killed, by the process id in their names. What the login
 * says is neither in an argument nor in a variable. The words: docker; then what is done.
 */
const PREPARE = `docker=$1
shift
umask 077
base=\${TMPDIR:-/tmp}
for old in "$base"/belay-login.*; do
  pid=\${old##*/belay-login.}
  [ -d "$old" ] && ! [ -d "/proc/\${pid%%.*}" ] && rm -rf "$old" 2>/dev/null
done
folder=$(mktemp -d "$base/belay-login.$$.XXXXXX") || exit ${NO_FOLDER}
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP INT TERM
cat >"$folder/config.json"
`

/** The words: what is pulled, the id that it must have, and the name that it gets. */
const PULL = `${PREPARE}
$docker --config "$folder" pull "$1" </dev/null || exit
[ -n "$2" ] || exit 0
[ "$($docker image inspect --format '{{.Id}}' "$1")" = "$2" ] || exit ${OTHER_IMAGE}
$docker tag "$1" "$3"`

/** The words: the image, and where it goes. Without the tag it is as it was before. */
const PUSH = `${PREPARE}
$docker tag "$1" "$2" || exit
$docker --config "$folder" push "$2" </dev/null
code=$?
$docker rmi "$2" >/dev/null 2>&1
exit $code`

export interface Watch {
  readonly onProgress: OnProgress
  readonly signal?: AbortSignal
}

/** Pulls with a login that the host is given for that, and does not keep. */
export async function pullThrough(site: Site, pull: RegistryPull, watch: Watch): Promise<void> {
  const { reference, registry, image } = pull
  const words = [reference, image?.id ?? '', image?.name ?? '']
  const { ended, lines } = await run(site, { script: PULL, words, registry }, watch)
  if (ended.how === 'exit' && ended.code === 0) return
  if (ended.code === OTHER_IMAGE && image !== undefined) {
    throw imageNotAsSent({ host: site.host, reference: image.name, id: image.id })
  }
  throw troubleOf(site.host, { reference, registry, ended, lines })
}

/** Pushes from a host, in the same way. Resolves to the name with the digest. */
export async function pushThrough(site: Site, push: RegistryPush, watch: Watch): Promise<string> {
  const { image, target, registry } = push
  const words = [image, target]
  const { ended, lines } = await run(site, { script: PUSH, words, registry }, watch)
  const digest = ended.how === 'exit' && ended.code === 0 ? digestIn(lines) : undefined
  if (digest !== undefined) return pinned(target, digest)
  throw troubleOf(site.host, { reference: target, registry, ended, lines })
}

interface Work {
  readonly script: string
  readonly words: readonly string[]
  readonly registry: RegistryPull['registry']
}

async function run({ host, link, docker }: Site, { script, words, registry }: Work, watch: Watch) {
  const lines: string[] = []
  const argv = ['sh', '-c', script, 'belay-registry', docker.join(' '), ...words]
  const ended = await link.run(argv, {
    input: Buffer.from(dockerConfig(registry)),
    timeoutMs: registry.timeoutMs,
    onLine: (line) => {
      if (lines.push(line) > LINES_KEPT) lines.shift()
      watch.onProgress(line)
    },
    ...(watch.signal === undefined ? {} : { signal: watch.signal }),
  })
  if (ended.how === 'aborted') throw workInterrupted({ what: `what ${host} does with images` })
  return { ended, lines }
}

export function troubleOf(
  where: string,
  of: Pick<Work, 'registry'> & { reference: string; ended: Ended; lines: readonly string[] },
) {
  const { reference, registry, ended, lines } = of
  const isLate = ended.how === 'timeout'
  const { server } = registry
  return (
    registryTrouble({ where, reference, registry, isLate, lines }) ??
    registryRefuses({ where, server, reference }, { evidence: lines.slice(-10) })
  )
}
