import type { SetupLook } from './look.ts'
import { LOG_FILES, LOG_SIZE, readLogSettings } from './log-settings.ts'
import type { SetupAct, SetupStep } from './setup-step.ts'

/** Docker, Compose, its start with the server, and bounds for logs. */
export function dockerSteps(look: SetupLook): readonly SetupStep[] {
  const logs = logStep(look)
  // Before the first start, so that no container is without bounds.
  return look.docker === undefined
    ? [...logs, ...packageSteps(look), ...bootStep(look)]
    : [...packageSteps(look), ...bootStep(look), ...logs]
}

const act = (verb: string, words: readonly string[] = [], input = ''): SetupAct => {
  return { verb, words, input }
}

function packageSteps(look: SetupLook): readonly SetupStep[] {
  const { docker, compose } = look
  const there: readonly SetupStep[] = [
    ...(docker === undefined
      ? []
      : [{ about: 'docker', state: 'there', what: `Docker ${docker}`, because: RUNS } as const]),
    ...(compose === undefined
      ? []
      : [
          { about: 'compose', state: 'there', what: `Compose ${compose}`, because: READS } as const,
        ]),
  ]
  const missing: readonly SetupStep[] = [
    ...(docker === undefined ? [dockerStep(look)] : []),
    ...(compose === undefined ? [composeStep(look)] : []),
  ]
  return [...there, ...missing]
}

const RUNS = 'it runs the containers'
const READS = 'it starts what the compose file says'

function dockerStep(look: SetupLook): SetupStep {
  const about = 'docker'
  if (!look.hasApt) return notDebian(about, look)
  if (look.packages['docker.io'] === undefined) return noPackage(about, 'docker.io', look)
  // Debian 13 has the command line in a package of its own.
  const extra = ['docker-cli', 'iptables'].filter((name) => look.packages[name] !== undefined)
  const packages = ['docker.io', ...extra]
  return {
    about,
    state: 'do',
    what: `install ${packages.join(', ')} (${look.packages['docker.io']}) of ${look.system.name}`,
    because: RUNS,
    acts: [act('install_packages', packages), act('start_docker')],
  }
}

function composeStep(look: SetupLook): SetupStep {
  const about = 'compose'
  if (!look.hasApt) return notDebian(about, look)
  const name = COMPOSE_PACKAGES.find((each) => isNewEnough(look.packages[each]))
  if (name === undefined) return noCompose(look)
  return {
    about,
    state: 'do',
    what: `install ${name} (${look.packages[name]}) of ${look.system.name}`,
    because: READS,
    acts: [act('install_packages', [name])],
  }
}

/** Ubuntu's, Debian's from 13 on, Docker's own. */
const COMPOSE_PACKAGES = ['docker-compose-v2', 'docker-compose', 'docker-compose-plugin']

/** Compose 1, which Debian 12 has, is another program. */
function isNewEnough(version: string | undefined): boolean {
  return version !== undefined && Number.parseInt(version.replace(/^\d+:/, ''), 10) >= 2
}

function noCompose({ system, docker, listsFailed }: SetupLook): SetupStep {
  const what = `${system.name} has no package of Compose 2`
  if (listsFailed) return listsMissing('compose')
  const docs = 'https://docs.docker.com'
  const way =
    docker === undefined
      ? `install Docker with Compose from Docker's own packages (${docs}/engine/install/${system.id}/)`
      : `put the plugin into /usr/local/lib/docker/cli-plugins (${docs}/compose/install/linux/)`
  return { about: 'compose', state: 'cannot', what, because: `${way}, and run this again` }
}

function noPackage(about: 'docker', name: string, { system, listsFailed }: SetupLook): SetupStep {
  if (listsFailed) return listsMissing(about)
  const because = `is "main" (Debian) or "universe" (Ubuntu) among its package sources?`
  return { about, state: 'cannot', what: `${system.name} offers no package ${name}`, because }
}

function listsMissing(about: 'docker' | 'compose'): SetupStep {
  const because = 'apt-get update fails there: look at its network and its package sources'
  return { about, state: 'cannot', what: 'its package sources cannot be read', because }
}

function notDebian(about: 'docker' | 'compose', { system }: SetupLook): SetupStep {
  const what = `${system.name} has no apt-get: only Debian and Ubuntu are set up`
  return {
    about,
    state: 'cannot',
    what,
    because: 'install Docker with Compose there, and run this again',
  }
}

function bootStep({ docker, hasSystemd, boot }: SetupLook): readonly SetupStep[] {
  const about = 'boot'
  const because = 'what serves comes back after a reboot'
  if (!hasSystemd) return []
  if (docker !== undefined && boot !== 'enabled') {
    const acts = [act('start_docker')]
    return [{ about, state: 'do', what: 'start Docker with the server', because, acts }]
  }
  return docker === undefined
    ? []
    : [{ about, state: 'there', what: 'Docker starts with the server', because }]
}

function logStep({ daemonJson, daemonBase64, docker, running }: SetupLook): readonly SetupStep[] {
  const about = 'logs'
  const because = 'a container that says much would fill the disk'
  const logs = readLogSettings(daemonJson)
  if (logs.kind === 'bounded') {
    return [{ about, state: 'there', what: `logs are bounded: ${logs.what}`, because }]
  }
  if (logs.kind === 'unreadable') {
    const what = `/etc/docker/daemon.json cannot be added to: ${logs.reason}`
    return [{ about, state: 'left', what, because: 'correct it; nothing of it is overwritten' }]
  }
  const write = act('daemon_json', [daemonBase64], logs.merged)
  const bounds = `bound the logs of containers to ${LOG_FILES} files of ${LOG_SIZE}`
  const into = daemonJson === '' ? '' : ', beside what /etc/docker/daemon.json says already'
  if (docker === undefined) {
    return [{ about, state: 'do', what: `${bounds}${into}`, because, acts: [write] }]
  }
  const isQuiet = running === 0
  const when = isQuiet
    ? '; Docker is restarted (nothing runs)'
    : '; it counts once Docker restarts, which is left to you, as containers run'
  const acts = isQuiet ? [write, act('restart_docker')] : [write]
  return [{ about, state: 'do', what: `${bounds}${into}${when}`, because, acts }]
}
