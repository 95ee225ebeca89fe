import type { HostFacts, Observed } from '../../plan/observed.ts'

export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem'
  /** What was examined: a permanent word for programs. */
  readonly about: string
  readonly what: string
  /** What to do about it; empty when all is well. */
  readonly fix: string
}

export interface ClockReading {
  /** Milliseconds since 1970, on this machine, before and after the host was asked. */
  readonly before: number
  readonly after: number
}

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const CLOCK_SKEW_MAX_SECONDS = 60

/** What an observed host is good for, each point in one sentence. */
export function findingsOf(observed: Observed, clock: ClockReading): Finding[] {
  const { facts } = observed
  return [
    good('connection', `reached as ${facts.user}; state in ${facts.stateRoot}`),
    versionFinding('docker', facts.dockerVersion, [20, 10]),
    versionFinding('compose', facts.composeVersion, [2, 20]),
    diskFinding(facts),
    memoryFinding(facts),
    clockFinding(facts, clock),
    portsFinding(observed),
    proxyFinding(observed),
    watchdogFinding(observed),
    ...unfinishedFindings(observed),
    releasesFinding(observed),
    ...journalFindings(observed),
  ]
}

const good = (about: string, what: string): Finding => ({ level: 'ok', about, what, fix: '' })

function versionFinding(
  about: 'docker' | 'compose',
  version: string,
  [major, minor]: readonly [number, number],
): Finding {
  const name = about === 'docker' ? 'Docker' : 'Docker Compose'
  const [, a, b] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  if (a === undefined || b === undefined) {
    const what = `${name} does not tell its version (${version || 'nothing'})`
    return { level: 'warning', about, what, fix: `Look at what ${about} --version prints there.` }
  }
  const isNewEnough = Number(a) > major || (Number(a) === major && Number(b) >= minor)
  if (isNewEnough) return good(about, `${name} ${version}`)
  return {
    level: 'problem',
    about,
    what: `${name} ${version} is too old: ${major}.${minor} is needed`,
    fix: `Upgrade it there (https://docs.docker.com/engine/install/).`,
  }
}

function diskFinding({ diskFreeBytes, stateDiskFreeBytes }: HostFacts): Finding {
  const free = Math.min(diskFreeBytes, stateDiskFreeBytes)
  const what = `${size(free)} of disk free`
  if (free >= 5 * GIB) return good('disk', what)
  const fix = 'Free some: `docker system df` shows what Docker holds.'
  return { level: free < GIB ? 'problem' : 'warning', about: 'disk', what: `only ${what}`, fix }
}

function memoryFinding({ memoryAvailableBytes }: HostFacts): Finding {
  const what = `${size(memoryAvailableBytes)} of memory available`
  if (memoryAvailableBytes >= 256 * MIB) return good('memory', what)
  return {
    level: 'warning',
    about: 'memory',
    what: `only ${what}`,
    fix: 'A deployment runs the old and the new release side by side, or use `rollout: handover`.',
  }
}

function size(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.floor(bytes / MIB)} MiB`
}

/** The asking itself takes time: only what lies outside of it is skew. */
function clockFinding({ clock }: HostFacts, { before, after }: ClockReading): Finding {
  const early = before / 1000 - (clock + 1)
  const late = clock - after / 1000
  const skew = Math.max(0, early, late)
  if (skew <= CLOCK_SKEW_MAX_SECONDS) return good('clock', 'its clock agrees with this machine’s')
  const way = early > late ? 'behind' : 'ahead of'
  return {
    level: 'warning',
    about: 'clock',
    what: `its clock is ${Math.round(skew)} s ${way} this machine's`,
    fix: 'Set up time synchronisation (timedatectl set-ntp true): certificates and logs need it.',
  }
}

function portsFinding({ proxy }: Observed): Finding {
  if (proxy.running || proxy.takenPorts.length === 0) {
    return good('ports', proxy.running ? 'ports 80 and 443 are the proxy’s' : 'ports are free')
  }
  const ports = proxy.takenPorts.join(' and ')
  return {
    level: 'warning',
    about: 'ports',
    what: `something else listens on port ${ports}`,
    fix: 'The proxy needs it: stop the other program, or set proxy: { http-port: … } or none.',
  }
}

function proxyFinding({ proxy, current }: Observed): Finding {
  if (proxy.running) return good('proxy', `the proxy runs (${proxy.image ?? 'unknown image'})`)
  if (current === undefined) {
    return good('proxy', 'no proxy yet: the first deployment starts it, if it needs one')
  }
  return {
    level: 'warning',
    about: 'proxy',
    what: 'the proxy does not run',
    fix: 'If this app has routes, the next deploy starts it; docker logs belay-proxy-caddy-1 tells why.',
  }
}

/** The proxy's project brings one that survives everything; without it each run arms its own. */
function watchdogFinding({ containers, proxy }: Observed): Finding {
  const about = 'watchdog'
  const own = containers.find(({ name }) => name === WATCHDOG_CONTAINER)
  if (own?.state === 'running') {
    return good(about, 'the watchdog is a container: it survives a reboot and a new Docker')
  }
  if (own === undefined && !proxy.running) {
    return good(about, 'no watchdog yet: a deployment arms one before traffic moves')
  }
  return {
    level: 'warning',
    about,
    what: 'the watchdog’s container does not run: a deployment arms one that no reboot survives',
    fix: `Start it there (docker start ${WATCHDOG_CONTAINER}) and see why it stopped (docker logs).`,
  }
}

const WATCHDOG_CONTAINER = 'belay-proxy-watchdog-1'

function unfinishedFindings({ decision, lease }: Observed): Finding[] {
  if (decision.state === 'none') {
    return [
      good('runs', lease === undefined ? 'no run is under way' : `${lease.purpose} is under way`),
    ]
  }
  const { run, release, watchdog } = decision.armed
  const isAlive = lease !== undefined && lease.secondsLeft > 0
  const what = `the run ${run} of ${release} is not finished (watchdog: ${watchdog})`
  if (isAlive) return [good('runs', `${what}; it is under way`)]
  const fix = '`belay resume` finishes or undoes it; so does the next deploy, rollback or restart.'
  return [{ level: 'warning', about: 'runs', what, fix }]
}

function releasesFinding({ releases, current }: Observed): Finding {
  if (current === undefined) return good('releases', 'no release yet')
  const others = releases.filter(({ id, mark }) => id !== current && mark === 'good')
  const back = others.length === 0 ? 'nothing to go back to' : `${others.length} to go back to`
  return good('releases', `${current} is the release; ${back}`)
}

function journalFindings({ damagedJournalLines }: Observed): Finding[] {
  if (damagedJournalLines.length === 0) return [good('journal', 'the journal is whole')]
  const lines = damagedJournalLines.slice(0, 5).join(', ')
  return [
    {
      level: 'warning',
      about: 'journal',
      what: `${damagedJournalLines.length} damaged lines in the journal (${lines})`,
      fix: 'They are skipped, and nothing depends on them. Check the disk for errors.',
    },
  ]
}
