/** What is taken of a host, in per cent. Undefined where it could not be told. */
export interface Use {
  readonly memory?: number
  readonly cpu?: number
  readonly disk?: number
  readonly containers: Readonly<Record<string, { readonly memory?: number; readonly cpu?: number }>>
}

/**
 * $1 is the time there is; what follows are containers. One line for each thing: a word, then its
 * figures. What is missing on a host is left out.
 */
export const USE_SCRIPT = `
  seconds=$1; shift
  cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo)
  echo "cores $cores"
  root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)
  [ -d "$root" ] || root=/
  df -P "$root" | awk 'NR == 2 { print "disk", $5 }'
  awk '/^MemTotal:/ { t = $2 } /^MemAvailable:/ { a = $2 } END { print "memory", t, a }' /proc/meminfo
  if [ $# -gt 0 ]; then
    timeout "$seconds" docker stats --no-stream \\
      --format 'container {{.Name}} {{.MemPerc}} {{.CPUPerc}}' "$@" || exit 1
  else
    cpu() { awk '/^cpu / { for (i = 2; i <= 9; i++) s += $i; print s, $5 + $6 }' /proc/stat; }
    before=$(cpu); sleep 1; echo "cpu $before $(cpu)"
  fi`

/** Reads what the script printed. */
export function readUse(text: string): Use {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const of = (word: string) => lines.find(([first]) => first === word)?.slice(1) ?? []
  const cores = numberOf(of('cores')[0]) ?? 1
  const containers = lines.flatMap(([word, name, memory, cpu]) =>
    word === 'container' && name !== undefined
      ? [[name, shares(numberOf(memory), perCore(numberOf(cpu), cores))] as const]
      : [],
  )
  const disk = numberOf(of('disk')[0])
  return {
    ...shares(memoryOf(of('memory')), cpuOf(of('cpu'))),
    ...(disk === undefined ? {} : { disk }),
    containers: Object.fromEntries(containers),
  }
}

function shares(memory: number | undefined, cpu: number | undefined) {
  return { ...(memory === undefined ? {} : { memory }), ...(cpu === undefined ? {} : { cpu }) }
}

function memoryOf([total, available]: readonly (string | undefined)[]): number | undefined {
  const [all, free] = [numberOf(total), numberOf(available)]
  return all === undefined || free === undefined ? undefined : rounded(((all - free) / all) * 100)
}

/** Of the time between two looks: all, and idle. */
function cpuOf(words: readonly (string | undefined)[]): number | undefined {
  const [all, idle, allAfter, idleAfter] = words.map(numberOf)
  if (all === undefined || idle === undefined) return undefined
  if (allAfter === undefined || idleAfter === undefined || allAfter <= all) return undefined
  return rounded(100 * (1 - (idleAfter - idle) / (allAfter - all)))
}

function perCore(share: number | undefined, cores: number): number | undefined {
  return share === undefined ? undefined : rounded(share / Math.max(1, cores))
}

function rounded(share: number): number {
  return Math.round(share * 10) / 10
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number.parseFloat(text ?? '')
  return Number.isNaN(value) ? undefined : value
}
