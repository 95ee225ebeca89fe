import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Load, type LoadReport, type Loss, startLoad } from '../load/load.ts'
import { mustRun } from './belay.ts'
import type { Figure } from './figures.ts'
import { freshServers, type Stand } from './stand.ts'
import { type Kind, ROLLOUTS, type Rollout, TriedApp } from './tried-app.ts'

const REQUESTS = 50_000
const REQUESTS_QUICK = 4000
const CONNECTIONS = 50
/** To each server. Two small cores carry clients, servers and all that is between them. */
const PER_SECOND = 400
/** A phase ends by itself, should a machine be too slow for its requests. */
const PHASE_MAX_MS = 10 * 60_000

type Phase = {
  readonly name: 'deployments' | 'rollbacks'
  readonly kinds: readonly Kind[]
}

const PHASES: readonly Phase[] = [
  { name: 'deployments', kinds: ['good'] },
  { name: 'rollbacks', kinds: ['ill-in-traffic', 'never-healthy', 'ill-everywhere'] },
]

type Counted = {
  readonly rollout: Rollout
  readonly phase: Phase
  readonly runs: number
  readonly sent: number
  readonly lost: number
}

/** Two servers under load, while releases come and go, and while bad ones are put back. */
export async function measureLosses(stand: Stand): Promise<readonly Figure[]> {
  const counted: Counted[] = []
  for (const rollout of ROLLOUTS) {
    await freshServers(stand)
    counted.push(...(await tryRollout(stand, rollout)))
  }
  return counted.map((it) => figureOf(it, stand))
}

async function tryRollout(stand: Stand, rollout: Rollout): Promise<Counted[]> {
  const app = new TriedApp(stand, rollout)
  await app.change('good')
  await mustRun(app.at, ['deploy', '--yes'])
  const startedAt = Date.now()
  const loads = stand.lab.servers.map(({ httpPort: port }) =>
    startLoad({
      host: '127.0.0.1',
      port,
      connections: CONNECTIONS,
      requestsPerSecond: PER_SECOND,
      secondsMax: 3 * (PHASE_MAX_MS / 1000),
    }),
  )
  const counted: Counted[] = []
  try {
    for (const phase of PHASES) counted.push(await tryPhase(stand, { app, rollout, phase, loads }))
  } finally {
    const reports = await Promise.all(loads.map((load) => load.stop()))
    await keepEvidence(stand, { rollout, reports, startedAt })
  }
  return counted
}

type Trial = {
  readonly app: TriedApp
  readonly rollout: Rollout
  readonly phase: Phase
  readonly loads: readonly Load[]
}

/** Deploys again and again until enough was asked meanwhile. */
async function tryPhase(stand: Stand, { app, rollout, phase, loads }: Trial): Promise<Counted> {
  const wanted = stand.isQuick ? REQUESTS_QUICK : REQUESTS
  const before = total(loads)
  const deadline = performance.now() + PHASE_MAX_MS
  const so = () => {
    const { sent, lost } = total(loads)
    return { sent: sent - before.sent, lost: lost - before.lost }
  }
  let runs = 0
  while ((so().sent < wanted || runs < phase.kinds.length) && performance.now() < deadline) {
    const kind = phase.kinds[runs % phase.kinds.length] ?? 'good'
    await app.change(kind)
    await mustRun(app.at, ['deploy', '--yes'], kind === 'good' ? 0 : 4)
    runs += 1
    const { sent, lost } = so()
    stand.say(`${rollout}, ${kind}: ${sent} requests, ${lost} lost`)
  }
  return { rollout, phase, runs, ...so() }
}

function total(loads: readonly Load[]): { sent: number; lost: number } {
  const reports = loads.map((load) => load.report())
  return {
    sent: reports.reduce((sum, { sent }) => sum + sent, 0),
    lost: reports.reduce((sum, { lost }) => sum + lost, 0),
  }
}

type Evidence = {
  readonly rollout: Rollout
  readonly reports: readonly LoadReport[]
  readonly startedAt: number
}

/** What was lost, and what the proxies said of it, for whoever looks into it. */
async function keepEvidence(
  { folder, lab, say }: Stand,
  { rollout, reports, startedAt }: Evidence,
): Promise<void> {
  for (const [index, { losses, latency }] of reports.entries()) {
    const server = lab.servers[index]
    say(`${rollout}, ${server?.name}: half within ${latency.p50} ms, 99 % within ${latency.p99} ms`)
    if (losses.length === 0 || server === undefined) continue
    for (const loss of losses) say(lineOf(loss, startedAt))
    const logs = await server.sh('docker logs --since 30m belay-proxy-caddy-1 2>&1 | tail -n 5000')
    writeFileSync(join(folder, `lost-${rollout}-${server.name}.log`), logs)
  }
}

function lineOf({ atMs, request, phase, reason }: Loss, startedAt: number): string {
  const at = new Date(startedAt + atMs).toISOString()
  return `lost at ${at}: ${request}, ${phase}: ${reason}`
}

function figureOf({ rollout, phase, runs, sent, lost }: Counted, { isQuick }: Stand): Figure {
  const wanted = isQuick ? REQUESTS_QUICK : REQUESTS
  return {
    what: `requests lost in ${rollout}, ${phase.name}`,
    target: `0 of ≥ ${wanted}`,
    measured: `${lost} of ${sent} in ${runs} ${phase.name}`,
    isReached: lost === 0 && sent >= wanted,
    meaning:
      phase.name === 'deployments'
        ? 'Good releases, one after another, to both servers.'
        : 'Releases that are ill only under real traffic, on one server and on both, and ones ' +
          'that are never healthy, in turn: each is put back by itself.',
  }
}
