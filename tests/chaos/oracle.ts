import type { HostStatus, StatusReport } from '../../src/operations/look/status.ts'
import { lines } from '../e2e/deploy/server-state.ts'
import type { Server } from '../lab/server.ts'
import type { Expected } from './expected.ts'
import { STATE, type Stand, visit } from './stand.ts'

const QUIET_WITHIN_MS = 90_000
const TIDY_WITHIN_MS = 20_000
const PAUSE_MS = 250

/** What `belay status` says. */
export async function statusOf({ app }: Stand): Promise<StatusReport> {
  const { code, events, stdout, stderr } = await app.belay('status', '--json')
  const last = events.at(-1)
  if (code !== 0 || last?.type !== 'answer') {
    throw new Error(`status ended with ${code}: ${stdout}${stderr}`)
  }
  return last.data as StatusReport
}

/**
 * Waits until each server has ended by itself what was left: nobody comes to help it. Then status
 * says so. Returns the milliseconds it took.
 */
export async function untilQuiet(
  stand: Stand,
  leaves?: 'a decided run' | 'a damaged journal',
): Promise<number> {
  const decided = leaves === 'a decided run' ? '' : 'decided_commit decided_rollback'
  const begun = performance.now()
  await eventually(QUIET_WITHIN_MS, 'the run is not over', async () => {
    const left = await Promise.all(
      stand.targets.map(({ server }) =>
        server.exec([
          'sh',
          '-c',
          `cd ${STATE} && ls pending ${decided} 2>/dev/null
           read -r epoch boot until rest <lease 2>/dev/null || exit 0
           now=$(cut -d . -f 1 /proc/uptime)
           [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ] || [ "$now" -gt "$until" ] ||
             echo lease`,
        ]),
      ),
    )
    return left.map(({ stdout }) => stdout.trim()).join('')
  })
  return performance.now() - begun
}

/** What is wrong with what serves: the visitor, status and Docker must say the same. */
export async function witnesses(stand: Stand, expected: Expected): Promise<string[]> {
  const seen = new Map<string, string>()
  for (const { server } of stand.targets) {
    const version = await serves(server)
    if (version === undefined) return [`nobody answers on ${server.name}`]
    seen.set(server.name, version)
  }
  const { hosts, split } = await statusOf(stand)
  const problems: string[] = []
  if (split !== new Set(seen.values()).size > 1) problems.push(`status says split: ${split}`)
  for (const { server } of stand.targets) {
    const told = hosts.find(({ host }) => host === server.name)
    const version = seen.get(server.name) as string
    const wanted = expected(server.name)
    if (!wanted.includes(version))
      problems.push(`version ${version} serves on ${server.name}, not ${wanted.join(' or ')}`)
    if (told === undefined) problems.push(`status cannot reach ${server.name}`)
    else problems.push(...(await contradictions(server, told, version)))
  }
  return problems
}

/** Where status says something else of a server than what is there. */
async function contradictions(server: Server, told: HostStatus, seen: string): Promise<string[]> {
  const problems: string[] = []
  const version = told.serving === null ? 'none' : await versionIn(server, told.serving)
  if (version !== seen)
    problems.push(`status says ${told.serving} (${version}), but ${seen} answers`)
  const armed = await server.sh(`ls ${STATE} | grep -cE '^(pending|decided_)' || :`)
  const isTold = told.unfinished !== null
  if ((armed.trim() !== '0') !== isTold) {
    problems.push(
      `status says ${isTold ? 'an unfinished run' : 'none'}, but the server has ${armed}`,
    )
  }
  return problems
}

/** Where a server that was down comes back, its containers may take a while longer. */
async function serves(server: Server): Promise<string | undefined> {
  let seen: string | undefined
  await eventually(QUIET_WITHIN_MS, 'nobody answers', async () => {
    seen = await visit(server)
    return seen === undefined ? 'nobody answers' : ''
  }).catch(() => undefined)
  return seen
}

/** What is wrong once all is over: a proved release alone, and nothing of any other run. */
export async function leftovers(
  stand: Stand,
  leaves?: 'a decided run' | 'a damaged journal',
): Promise<string[]> {
  const { hosts } = await statusOf(stand)
  const found = await Promise.all(
    stand.targets.map(async ({ server }) => {
      const host = hosts.find((each) => each.host === server.name)
      return host === undefined
        ? [`status cannot reach ${server.name}`]
        : left(server, host, leaves)
    }),
  )
  return found.flat()
}

async function left(
  server: Server,
  host: HostStatus,
  leaves: 'a decided run' | 'a damaged journal' | undefined,
): Promise<string[]> {
  const problems: string[] = []
  const { release, serving, unfinished, lease, drift, damagedJournalLines } = host
  if (release?.id !== serving) problems.push(`${serving} serves, but ${release?.id} is recorded`)
  if (release?.mark !== 'good') problems.push(`${release?.id} serves, and is ${release?.mark}`)
  if (unfinished !== null) problems.push('status still says that a run is unfinished')
  if (lease !== null) problems.push('status still says that somebody has the lease')
  const isDamaged = damagedJournalLines.length > 0
  if (isDamaged !== (leaves === 'a damaged journal')) {
    problems.push(`status says that the journal is ${isDamaged ? 'damaged' : 'whole'}`)
  }
  problems.push(...drift.map((text) => `drift: ${text}`))
  const good = host.kept.filter(({ mark }) => mark === 'good').map(({ id }) => id)
  await eventually(TIDY_WITHIN_MS, `left over on ${server.name}`, async () => {
    const found = lines(await server.sh(LEFT))
    return found.filter((line) => !isInOrder(line, { serving, good })).join('; ')
  }).catch((error: Error) => problems.push(error.message))
  return problems
}

/** Everything that a run makes and that must be gone, or belong to a good release, a line each. */
const LEFT = `cd ${STATE}
  docker ps --filter label=belay.app --format 'running {{.Label "belay.release"}}' | grep -v ' $'
  docker ps -a --filter label=belay.app --format 'container {{.Label "belay.release"}}' | grep -v ' $'
  docker network ls --format '{{.Name}}' | sed -n 's/.*-\\(r[0-9]*\\)_default$/network \\1/p'
  for each in pending decided_* pending.new* lease doing releases/*.tmp-* releases/*.old-* work/*; do
    [ ! -e "$each" ] || echo "file $each"
  done
  # Of what must never run twice at once, the second says so.
  for each in /var/lib/docker/volumes/*/_data/clash; do
    [ ! -e "$each" ] || echo "ran beside another: $(cat "$each")"
  done
  echo "tokens $(ls /var/lib/belay/proxy/route/* | wc -l)"
  for each in /proc/[0-9]*; do
    tr '\\0' ' ' <"$each/cmdline" 2>/dev/null | grep -oE '^sh [^ ]*kit.sh (serve|watch|once|carry) .*' |
      sed 's/.*kit.sh /process /'
  done
  :`

function isInOrder(
  line: string,
  { serving, good }: { serving: string | null; good: readonly string[] },
): boolean {
  const [kind, word = ''] = line.split(' ')
  if (kind === 'running') return word === serving
  if (kind === 'container' || kind === 'network') return good.includes(word)
  return line === 'tokens 1'
}

/** The version that a release's containers were given. */
async function versionIn(server: Server, release: string): Promise<string> {
  const format = '{{range .Config.Env}}{{println .}}{{end}}'
  const env = await server.sh(
    `docker ps -aq --filter label=belay.app --filter label=belay.release=${release} | head -n 1 |
      xargs -r docker inspect --format '${format}'`,
  )
  return /^VERSION=(.*)$/m.exec(env)?.[1] ?? 'unknown'
}

/** `look` says what is still in the way. */
async function eventually(
  limitMs: number,
  what: string,
  look: () => Promise<string>,
): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const inTheWay = await look()
    if (inTheWay === '') return
    if (performance.now() > deadline) throw new Error(`${what}: ${inTheWay}`)
    await new Promise((done) => setTimeout(done, PAUSE_MS))
  }
}
