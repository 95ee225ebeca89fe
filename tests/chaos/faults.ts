import { failures } from '../e2e/deploy/scenario.ts'
import { untilQuiet } from './oracle.ts'
import type { Fault, Hit, Sweep } from './scenario.ts'
import { FLEET, HAND_OVER, ROLLING, type Shape } from './shapes.ts'
import { STATE, type Stand } from './stand.ts'

/** The deployer ends like a machine that loses its power: it tells nobody anything. */
const kill = ({ run }: Hit): 'drop' => {
  run.child.kill('SIGKILL')
  return 'drop'
}

/** The requests that change something. */
export const CHANGES = /^(acquire|do-\d+|decide|settle|release)$/

export const KILL: Fault = {
  name: 'kill',
  what: 'the deployer is killed (`kill -9`)',
  at: { requests: /^/, moments: ['before', 'during', 'after'] },
  strike: kill,
}

const TORN: Fault = {
  name: 'torn',
  what: 'the deployer is killed while it sends a request',
  at: [
    ['do-1', 'before'],
    ['decide', 'before'],
  ],
  strike: (hit) => {
    kill(hit)
    return 'half'
  },
}

const ASLEEP: Fault = {
  name: 'asleep',
  what: 'the deployer is stopped (`SIGSTOP`) until its lease is over, and goes on then',
  at: [
    ['do-3', 'after'],
    ['decide', 'before'],
  ],
  exits: [4],
  strike: async ({ stand, run }) => {
    run.child.kill('SIGSTOP')
    await untilQuiet(stand).finally(() => run.child.kill('SIGCONT'))
  },
}

// How long these last is a part of the fault; when they begin is not left to a clock.
const later = (ms: number, action: () => unknown): void => void setTimeout(action, ms)

const SSHD: Fault = {
  name: 'sshd',
  what: 'sshd and all its sessions are killed; it comes back',
  at: [
    ['do-1', 'during'],
    ['do-3', 'during'],
    ['decide', 'during'],
    ['settle', 'during'],
  ],
  exits: [0],
  strike: ({ target }) => target.server.sh('pkill -KILL sshd; :').then(() => undefined),
}

const LINK_CUT: Fault = {
  name: 'link-cut',
  what: 'the link is cut for two seconds',
  at: [
    ['acquire', 'after'],
    ['do-1', 'during'],
    ['do-3', 'after'],
    ['decide', 'after'],
  ],
  exits: [0],
  strike: ({ target: { link } }) => {
    link.cut()
    later(2000, () => link.restore())
  },
}

const LINK_SILENT: Fault = {
  name: 'link-silent',
  what: 'the link swallows everything for three seconds',
  at: [
    ['do-3', 'during'],
    ['decide', 'during'],
  ],
  exits: [0],
  strike: ({ target: { link } }) => {
    link.silence()
    later(3000, () => link.restore())
  },
}

const LINK_GONE: Fault = {
  name: 'link-gone',
  what: 'the link is cut and does not come back',
  at: [
    ['do-3', 'after'],
    ['decide', 'before'],
  ],
  exits: [3, 5],
  serves: 'old',
  strike: ({ target }) => target.link.cut(),
  mend: async ({ targets }) => {
    for (const { link } of targets) link.restore()
  },
}

/** The anchor has kept the new release: the other server follows with the next deployment. */
const LINK_GONE_DECIDED: Fault = {
  ...LINK_GONE,
  name: 'link-gone-decided',
  what: 'the link is cut once the anchor has decided, and does not come back',
  serves: 'one of both',
}

const wake = async ({ targets }: Stand): Promise<void> => {
  await Promise.all(targets.map(({ server }) => server.wake()))
}

const PAUSED: Fault = {
  name: 'paused',
  what: 'the whole server is paused for three seconds',
  at: [
    ['do-1', 'during'],
    ['decide', 'during'],
  ],
  exits: [0],
  strike: async ({ target: { server } }) => {
    await server.pause()
    later(3000, () => void server.unpause())
  },
  mend: wake,
}

async function losePower({ target: { server } }: Hit): Promise<void> {
  await server.kill()
  later(0, () => void server.start())
}

const REBOOTED: Fault = {
  name: 'rebooted',
  what: 'the server loses its power and boots',
  at: [
    ['do-1', 'during'],
    ['do-3', 'after'],
    ['decide', 'after'],
  ],
  mayLose: 'nobody answers while it is down',
  exits: [0, 3, 4, 5],
  serves: 'one of both',
  strike: losePower,
  mend: wake,
}

const REBOOTED_AND_KILL: Fault = {
  name: 'rebooted-and-kill',
  what: 'the server loses its power and boots, and the deployer is killed',
  // What comes back with the server has no Docker: it decides, and turns traffic back.
  leaves: 'a decided run',
  at: [
    ['do-3', 'after'],
    ['decide', 'after'],
  ],
  comes: 'the watchdog, then the next',
  mayLose: 'nobody answers while it is down',
  strike: async (hit) => {
    await losePower(hit)
    return kill(hit)
  },
  mend: wake,
}

const DOCKERD: Fault = {
  name: 'dockerd',
  what: 'dockerd is killed, and comes back',
  at: [
    ['do-1', 'during'],
    ['sample-after-do-3', 'before'],
    ['settle', 'during'],
  ],
  mayLose: 'it ends all containers when it comes back, the proxy too',
  exits: [0, 4],
  strike: ({ stand: { server } }) => server.killDocker(),
  mend: ({ server }) => server.ready(),
}

const killContainer = ({ server }: Stand, name: string): Promise<string> =>
  server.sh(`kill -KILL "$(docker inspect --format '{{.State.Pid}}' ${name})"`)

const PROXY: Fault = {
  name: 'proxy',
  what: 'the proxy is killed, and comes back',
  at: [
    ['do-1', 'during'],
    ['do-3', 'before'],
    ['settle', 'before'],
  ],
  mayLose: 'nobody listens until it is back',
  exits: [0, 4],
  strike: async ({ stand }) => void (await killContainer(stand, 'belay-proxy-caddy-1')),
}

/** The one that runs beside the proxy, and the one that was armed for this run. */
async function killWatchdogs(stand: Stand): Promise<void> {
  await killContainer(stand, 'belay-proxy-watchdog-1')
  await stand.server.sh("pkill -KILL -f '[k]it.sh watch shop ' || :")
}

const WATCHDOG: Fault = {
  name: 'watchdog',
  what: 'both watchdogs are killed',
  at: [
    ['do-3', 'before'],
    ['decide', 'before'],
  ],
  exits: [0],
  strike: ({ stand }) => killWatchdogs(stand),
}

const WATCHDOG_AND_KILL: Fault = {
  name: 'watchdog-and-kill',
  what: 'both watchdogs and the deployer are killed',
  at: [
    ['do-3', 'after'],
    ['settle', 'before'],
  ],
  comes: 'the next deployment',
  strike: async (hit) => {
    await killWatchdogs(hit.stand)
    return kill(hit)
  },
}

const WATCHDOG_LEFT: Fault = {
  name: 'one-watchdog-and-kill',
  what: 'the deployer and the watchdog of its run are killed; the one beside the proxy is left',
  // It has no Docker: it decides, and turns traffic back.
  leaves: 'a decided run',
  at: [['do-3', 'after']],
  comes: 'the watchdog, then the next',
  strike: async (hit) => {
    await hit.stand.server.sh("pkill -KILL -f '[k]it.sh watch shop ' || :")
    return kill(hit)
  },
}

const OUT_OF_MEMORY: Fault = {
  name: 'out-of-memory',
  what: 'the new container is killed for its use of memory',
  exits: [4],
  says: /memory/,
  web: {
    mem_limit: '48m',
    // It ends by itself where no limit holds.
    command: ['node', '-e', 'const all=[];while(all.length<300)all.push(Buffer.alloc(1e6,1))'],
  },
}

const REGISTRY: Fault = {
  name: 'registry',
  what: 'the registry that has the image is gone',
  exits: [7],
  says: /127\.0\.0\.1:5999/,
  web: { image: '127.0.0.1:5999/shop:2' },
}

/** For the kit, which asks `date`: the kernel's own clock is that of the machine. */
const clock = (days: number): Pick<Fault, 'strike' | 'mend'> => ({
  strike: async ({ stand: { server } }) => {
    const script = `#!/bin/sh\nexec /usr/bin/date -d "${days} days" "$@"\n`
    await server.sh('cat >/usr/local/bin/date; chmod 755 /usr/local/bin/date', { input: script })
  },
  mend: async ({ server }) => void (await server.sh('rm -f /usr/local/bin/date')),
})

const CLOCK_BACK: Fault = {
  name: 'clock-back',
  what: "the server's clock jumps back by two days",
  at: [
    ['do-1', 'before'],
    ['decide', 'before'],
  ],
  exits: [0],
  ...clock(-2),
}

const CLOCK_ON: Fault = {
  name: 'clock-on',
  what: "the server's clock jumps ahead by two days",
  at: [
    ['do-1', 'before'],
    ['decide', 'before'],
  ],
  exits: [0],
  ...clock(2),
}

const kitEnded = ({ server }: Stand): Promise<string> =>
  server.sh(`for try in $(seq 400); do
    pgrep -f '[k]it.sh serve shop ' >/dev/null || exit 0
    sleep 0.05
  done
  exit 1`)

const JOURNAL_TORN: Fault = {
  name: 'journal-torn',
  what: 'the deployer is killed, and the last line of the journal is half there',
  at: [
    ['do-3', 'during'],
    ['settle', 'during'],
  ],
  strike: kill,
  mend: async (stand) => {
    await kitEnded(stand)
    await stand.server.sh(`truncate -s -20 ${STATE}/journal`)
  },
}

const JOURNAL_DAMAGED: Fault = {
  name: 'journal-damaged',
  what: 'the deployer is killed, and a line in the middle of the journal is damaged',
  at: [['do-3', 'during']],
  leaves: 'a damaged journal',
  strike: kill,
  mend: async (stand) => {
    await kitEnded(stand)
    await stand.server.sh(`sed -i '2s/{/}/' ${STATE}/journal`)
  },
}

const LEASE_RUBBISH: Fault = {
  name: 'lease-rubbish',
  what: 'the deployer is killed, and its lease is rubbish',
  at: [['do-3', 'during']],
  strike: kill,
  mend: async (stand) => {
    await kitEnded(stand)
    await stand.server.sh(`printf 'x\\0y' >${STATE}/lease`)
  },
}

/** Another person's, of the same app. */
const another = async (stand: Stand, ...flags: readonly string[]): Promise<readonly unknown[]> => {
  const ran = await stand.app.belay('deploy', '--yes', '--json', ...flags)
  return [ran.code, ...failures(ran)]
}

const TWO: Fault = {
  name: 'two-deployers',
  what: 'another deployment is begun meanwhile',
  at: [
    ['do-1', 'before'],
    ['decide', 'after'],
  ],
  exits: [0],
  strike: async ({ stand }) => {
    // Once the first has decided, there is nothing else to do for it.
    const told = String(await another(stand, '--again'))
    if (told !== '3,LEASE_HELD') throw new Error(`the second deployment ended with ${told}`)
  },
}

const ROBBED: Fault = {
  name: 'robbed',
  what: 'another deployment takes over (`--steal`), and is done before the first goes on',
  at: [
    ['do-1', 'after'],
    ['do-3', 'before'],
    ['decide', 'before'],
  ],
  exits: [4],
  serves: 'new',
  strike: async ({ stand }) => {
    stand.change()
    const told = String(await another(stand, '--steal'))
    if (told !== '0') throw new Error(`the thief ended with ${told}`)
  },
}

const PRUNE = 'docker system prune --all --force'

const PRUNED: Fault = {
  name: 'pruned',
  what: '`docker system prune -af` before a deployment',
  exits: [0],
  before: async ({ server }) => void (await server.sh(PRUNE)),
}

const PRUNED_MEANWHILE: Fault = {
  name: 'pruned-meanwhile',
  what: '`docker system prune -af` in the middle of a deployment with a new image',
  at: [
    ['do-1', 'before'],
    ['do-3', 'before'],
    ['settle', 'before'],
  ],
  // The image may be gone before its first container is there.
  exits: [0, 4, 7],
  web: { image: 'belay-lab/app:2' },
  strike: async ({ stand: { server } }) => void (await server.sh(PRUNE)),
}

const DISK_FULL: Fault = {
  name: 'disk-full',
  what: 'the disk with the state folder is full',
  at: [
    ['do-1', 'before'],
    ['do-3', 'before'],
    ['decide', 'before'],
    ['settle', 'before'],
  ],
  needs: 'a small disk',
  exits: [0, 3, 4, 5],
  serves: 'one of both',
  strike: async ({ stand: { server } }) =>
    void (await server.sh('cat /dev/zero >/var/lib/belay/filler 2>/dev/null; :')),
  mend: async ({ server }) => void (await server.sh('rm -f /var/lib/belay/filler')),
}

/** The same with a deployment of another shape, and elsewhere. */
const into = (shape: Shape, fault: Fault, at: Required<Fault>['at']): Fault => ({
  ...fault,
  name: `${shape.name}-${fault.name}`,
  what: `${shape.title}: ${fault.what}`,
  shape,
  at,
})

const DURING_ALL: Sweep = { requests: /^/, moments: ['during'] }
const DURING_CHANGES: Sweep = { requests: CHANGES, moments: ['during'] }

const OTHER_SHAPES: readonly Fault[] = [
  into(HAND_OVER, KILL, DURING_ALL),
  into(HAND_OVER, LINK_CUT, [['do-2', 'during']]),
  into(HAND_OVER, REBOOTED, [['do-2', 'during']]),
  into(ROLLING, KILL, DURING_CHANGES),
  into(ROLLING, LINK_CUT, [['do-3', 'during']]),
  into(FLEET, KILL, DURING_CHANGES),
  into(FLEET, LINK_CUT, [
    ['do-1@lab2', 'during'],
    ['decide@lab1', 'during'],
    ['decide@lab2', 'during'],
  ]),
  into(FLEET, LINK_GONE, [['do-3@lab2', 'after']]),
  into(FLEET, LINK_GONE_DECIDED, [['decide@lab2', 'before']]),
  into(FLEET, REBOOTED, [
    ['do-3@lab2', 'after'],
    ['decide@lab1', 'after'],
    ['decide@lab2', 'after'],
  ]),
]

/** Every fault that is injected, with what must come of it. */
export const FAULTS: readonly Fault[] = [
  KILL,
  TORN,
  ASLEEP,
  SSHD,
  LINK_CUT,
  LINK_SILENT,
  LINK_GONE,
  PAUSED,
  REBOOTED,
  REBOOTED_AND_KILL,
  DOCKERD,
  PROXY,
  WATCHDOG,
  WATCHDOG_AND_KILL,
  WATCHDOG_LEFT,
  OUT_OF_MEMORY,
  REGISTRY,
  CLOCK_BACK,
  CLOCK_ON,
  JOURNAL_TORN,
  JOURNAL_DAMAGED,
  LEASE_RUBBISH,
  TWO,
  ROBBED,
  PRUNED,
  PRUNED_MEANWHILE,
  DISK_FULL,
  ...OTHER_SHAPES,
]
