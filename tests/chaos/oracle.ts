import type { StatusReport } from '../../src/operations/look/status.ts'
import { lines } from '../e2e/deploy/server-state.ts'
import { STATE, type Stand } from './stand.ts'

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
 * Waits until the server has ended by itself what was left: nobody comes to help it. Then status
 * says so. Returns the milliseconds it took.
 */
export async function untilQuiet(
  stand: Stand,
  leaves?: 'a decided run' | 'a damaged journal',
): Promise<number> {
  const decided = leaves === 'a decided run' ? '' : 'decided_commit decided_rollback'
  const begun = performance.now()
  await eventually(QUIET_WITHIN_MS, 'the run is not over', async () => {
    const left = await stand.server.exec([
      'sh',
      '-c',
      `cd ${STATE} && ls pending ${decided} 2>/dev/null
       read -r epoch boot until rest <lease 2>/dev/null || exit 0
       now=$(cut -d . -f 1 /proc/uptime)
       [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ] || [ "$now" -gt "$until" ] || echo lease`,
    ])
    return left.stdout.trim()
  })
  return performance.now() - begun
}

/** What is wrong with what serves: the visitor, status and Docker must say the same. */
export async function witnesses(stand: Stand, expected: readonly string[]): Promise<string[]> {
  const problems: string[] = []
  const seen = await serves(stand)
  if (seen === undefined) return ['nobody answers']
  if (!expected.includes(seen))
    problems.push(`version ${seen} serves, not ${expected.join(' or ')}`)
  const [host] = (await statusOf(stand)).hosts
  if (host === undefined) return [...problems, 'status cannot reach the server']
  const told = host.serving === null ? 'none' : await versionIn(stand, host.serving)
  if (told !== seen) problems.push(`status says ${host.serving} (${told}), but ${seen} answers`)
  const armed = await stand.server.sh(`ls ${STATE} | grep -cE '^(pending|decided_)' || :`)
  const isTold = host.unfinished !== null
  if ((armed.trim() !== '0') !== isTold) {
    problems.push(
      `status says ${isTold ? 'an unfinished run' : 'none'}, but the server has ${armed}`,
    )
  }
  return problems
}

/** Where a server that was down comes back, its containers may take a while longer. */
async function serves(stand: Stand): Promise<string | undefined> {
  let seen: string | undefined
  await eventually(QUIET_WITHIN_MS, 'nobody answers', async () => {
    seen = await stand.visit()
    return seen === undefined ? 'nobody answers' : ''
  }).catch(() => undefined)
  return seen
}

/** What is wrong once all is over: a proved release alone, and nothing of any other run. */
export async function leftovers(
  stand: Stand,
  leaves?: 'a decided run' | 'a damaged journal',
): Promise<string[]> {
  const problems: string[] = []
  const [host] = (await statusOf(stand)).hosts
  if (host === undefined) return ['status cannot reach the server']
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
  await eventually(TIDY_WITHIN_MS, 'left over', async () => {
    const left = lines(await stand.server.sh(LEFT))
    return left.filter((line) => !isInOrder(line, { serving, good })).join('; ')
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

/** The version that a release's container was given. */
async function versionIn({ server }: Stand, release: string): Promise<string> {
  const format = '{{range .Config.Env}}{{println .}}{{end}}'
  const name = `shop-production-${release}-web-1`
  const env = await server.exec(['docker', 'inspect', '--format', format, name])
  return /^VERSION=(.*)$/m.exec(env.stdout)?.[1] ?? 'unknown'
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
