import { workInterrupted } from '../own-workstation/failures.ts'
import type { HostBuild } from '../host.ts'
import type { Link } from '../links/link.ts'
import { Failure } from '../../base/failure.ts'
import { buildFailed, buildNotSent, buildNotUnpacked, buildxMissing } from './failures.ts'
import { troubleIn } from './trouble.ts'

const BUILD_MS = 60 * 60_000
const EVIDENCE_LINES = 30
/** Codes of the script that no build ends with. */
const NO_BUILDX = 172
const NOT_UNPACKED = 173

/**
 * Unpacks what comes in into a private folder, builds there, and leaves nothing behind, not even of
 * a build that was killed some time ago; not in `/tmp`, which may be memory. The words: docker, what
 * is needed, the project, the services.
 */
const SCRIPT = `docker=$1 needs=$2 project=$3
shift 3
umask 077
for base in /var/tmp "\${TMPDIR:-/tmp}"; do
  find "$base" -maxdepth 1 -name 'belay-build.*' -user "$(id -u)" -mmin +180 \
    -exec rm -rf {} + 2>/dev/null
  folder=$(mktemp -d "$base/belay-build.XXXXXX" 2>/dev/null) && break
done
[ -n "$folder" ] || { echo "no folder can be made in /var/tmp" >&2; exit ${NOT_UNPACKED}; }
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP INT TERM
cd "$folder" && tar -xzpf - || exit ${NOT_UNPACKED}
if ! $docker buildx version >/dev/null 2>&1; then
  [ "$needs" = any ] || exit ${NO_BUILDX}
  export DOCKER_BUILDKIT=0
fi
$docker compose --project-name "$project" -f build.json build "$@" </dev/null`

interface Site {
  readonly host: string
  readonly link: Link
  /** `docker`, or `sudo -n docker`. */
  readonly docker: readonly string[]
}

/** Builds on a host from an archive that `packBuild` made. */
export async function buildOnHost(
  { host, link, docker }: Site,
  { archive, project, services, features, isFromCommit, onProgress, signal }: HostBuild,
): Promise<void> {
  const last: string[] = []
  const needs = features.length > 0 ? 'buildx' : 'any'
  const words = [docker.join(' '), needs, project, ...services]
  const ended = await link.run(['sh', '-c', SCRIPT, 'belay-build', ...words], {
    input: archive,
    timeoutMs: BUILD_MS,
    onLine: (line) => {
      if (last.push(line) > EVIDENCE_LINES) last.shift()
      onProgress(line)
    },
    ...(signal === undefined ? {} : { signal }),
  })
  if (ended.how === 'aborted') throw workInterrupted({ what: `building on ${host}` })
  const { errored } = archive
  if (errored instanceof Failure) throw errored
  if (errored !== null) throw buildNotSent({ host, reason: errored.message })
  if (ended.code === 0) return
  if (ended.code === NO_BUILDX) throw buildxMissing({ services, where: host, wanted: features })
  const evidence = last
  if (ended.code === NOT_UNPACKED) throw buildNotUnpacked({ host }, { evidence })
  const trouble = ended.how === 'timeout' ? 'late' : troubleIn(last, { isFromCommit })
  throw buildFailed({ services, where: host, trouble }, { evidence })
}
