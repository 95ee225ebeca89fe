import { mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { tar } from '../../src/hosts/wire/tar.ts'
import { type Scenario, sweep, worldOf } from './power-cut.ts'
import { Rig, SHELLS, type Shell } from './rig.ts'

const file = (path: string, content: string) => ({
  path,
  content: Buffer.from(content),
  mode: 0o644,
})

const lists = [
  'back route shop-web a',
  'back stop 5 shop-r2-web-1',
  'back policy no shop-r2-web-1',
  'back remove-project shop-r2',
  'back start shop-r1-web-1',
  'forward policy always shop-r2-web-1',
  'forward policy no shop-r1-web-1',
  'forward mark r2 good',
  'forward current r2 r1',
  'forward stop 5 shop-r1-web-1',
  'forward forget r1',
]

const pending = `run run1 epoch 1 release r2 previous r1 anchor one\n${lists.join('\n')}\n`

const instructions = [
  'network shop-r2 default shop-r2 0',
  'volume shop_data data shop',
  'create shop-r2 releases/r2/compose.json b worker',
  'jobs shop-r2 releases/r2/compose.json 10 job-migrate',
  'up shop-r2 releases/r2/compose.json b web',
  'route shop-web b',
]

/** A server with an old release that serves, and a lease. */
async function serving(shell: Shell): Promise<Rig> {
  const rig = new Rig(shell)
  const old = { project: 'shop-r1', service: 'web', state: 'running', policy: 'always' }
  rig.container('shop-r1-web-1', old)
  const epoch = await rig.acquire()
  await rig.act(`${epoch} 99 none 20`, ['route shop-web a', 'current r1 -'])
  return rig
}

const staged = tar([
  file('release.json', '{"id":"r2"}'),
  file('compose.json', '{}'),
  file('pending', pending),
])
const payload = Buffer.concat([
  Buffer.from(`{"type":"start"}\n${instructions.join('\n')}\n\n`),
  staged,
])
const act = ['do', '1', '1', 'none', '60', 'stage=r2', 'arm']

const action: Scenario = {
  begin: serving,
  words: act,
  payload,
  end: async (rig) => {
    const again = await rig.once(act, { payload })
    return { code: again.code, lines: again.lines, ...((await worldOf(rig)) as object) }
  },
}

/** On the way back to a release that was kept, its own folder is made anew. */
const fromItself: Scenario = {
  begin: async (shell) => {
    const rig = await serving(shell)
    mkdirSync(`${rig.state}/releases/r2`, { recursive: true })
    rig.write('releases/r2/compose.json', '{}')
    rig.write('releases/r2/release.json', '{"id":"r2"}')
    rig.write('releases/r2/mark', 'good\n')
    return rig
  },
  words: ['do', '1', '1', 'none', '60', 'stage=r2', 'from=r2', 'arm'],
  payload: Buffer.concat([Buffer.from('{"type":"x"}\n\n'), tar([file('pending', pending)])]),
  end: async (rig) => {
    rig.uptime = 5000
    const epoch = await rig.acquire('run2')
    await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
    await rig.once(['settle', epoch])
    const { releases, marks } = (await worldOf(rig)) as { releases: unknown; marks: unknown }
    return { releases, marks, text: rig.read('releases/r2/release.json') }
  },
}

function settling(wish: 'commit' | 'rollback'): Scenario {
  return {
    begin: async (shell) => {
      const rig = await serving(shell)
      await rig.once(act, { payload })
      await rig.once(['decide', '1', wish], { payload: '{"type":"decide"}\n' })
      return rig
    },
    words: ['settle', '1'],
    payload: '',
    end: async (rig) => {
      const again = await rig.once(['settle', '1'])
      const stands = await rig.once(['decide', '1', 'rollback'], { payload: '{}\n' })
      expect([0, 80]).toContain(again.code)
      return { stands: stands.lines, ...((await worldOf(rig)) as object) }
    },
  }
}

/** Whoever comes after the cut must be able to take over, with a token that nobody else has. */
const acquiring: Scenario = {
  begin: async (shell) => {
    const rig = await serving(shell)
    rig.uptime = 2000
    return rig
  },
  words: ['acquire', '60', 'run2'],
  payload: 'me\ndeploy\n',
  end: async (rig) => {
    const given = Number(rig.read('epoch'))
    rig.uptime = 3000
    const next = Number(await rig.acquire('run3'))
    expect(next).toBe(given + 1)
    return worldOf(rig)
  },
}

const task = (service: string, words: string) =>
  `task shop-r2 releases/r2/compose.json ${service} ${words}`
const end = 'end-task shop-r2 releases/r2/compose.json job-migrate migrate'
const migrate = task('job-migrate', 'migrate 10')
const undo = task('job-undo', 'undo 10 lenient after=migrate')

/** What ran, in its order, and what is remembered of it. */
function tasksOf(rig: Rig): unknown {
  const record = (name: string) => rig.read(`releases/r2/tasks/${name}`).split(' ')[0]?.trim()
  const starts = rig.asked.filter((line) => line.startsWith('start shop-r2-job'))
  const ran = rig.dockerSays('jobs').split('\n').filter(Boolean).length
  return { migrate: record('migrate'), undo: record('undo'), ran, twice: starts.length > ran }
}

/** A server on which a run is armed that migrates, and can undo it. */
async function migrating(shell: Shell): Promise<Rig> {
  const rig = await serving(shell)
  mkdirSync(`${rig.state}/releases/r2`, { recursive: true })
  rig.write('releases/r2/compose.json', '{}')
  await rig.arm('1', [`back ${end}`, `back ${undo}`, 'back remove-project shop-r2'], 90)
  return rig
}

/** Asked again after the cut, as by a deployer whose link broke: it ran once. */
const running: Scenario = {
  begin: migrating,
  words: ['do', '1', '1', 'pending', '30'],
  payload: `{"type":"x"}\n${migrate}\n\n`,
  end: async (rig) => {
    const again = await rig.act('1 1 pending 30', [migrate])
    return { code: again.code, tasks: tasksOf(rig), world: await worldOf(rig) }
  },
}

/** Nobody asks again: what goes back undoes exactly what was begun. */
const givenUp: Scenario = {
  ...running,
  end: async (rig) => {
    await rig.once(['decide', '1', 'rollback'], { payload: '{}\n' })
    const { code } = await rig.once(['settle', '1'])
    const { migrate, undo, ran } = tasksOf(rig) as Record<string, unknown>
    const isRight = migrate === 'ended' ? undo === 'ended' && ran === 2 : !undo && ran === 0
    const world = (await worldOf(rig)) as { containers: unknown }
    return { code, isRight, containers: world.containers }
  },
}

/** Going back is cut off, and goes on. */
const undoing: Scenario = {
  begin: async (shell) => {
    const rig = await migrating(shell)
    await rig.act('1 1 pending 30', [migrate])
    await rig.once(['decide', '1', 'rollback'], { payload: '{}\n' })
    return rig
  },
  words: ['settle', '1'],
  payload: '',
  end: async (rig) => {
    const again = await rig.once(['settle', '1'])
    expect([0, 80]).toContain(again.code)
    return { tasks: tasksOf(rig), world: await worldOf(rig) }
  },
}

/** Between the wish and its answer: the one that stands is carried out, whichever it is. */
const deciding: Scenario = {
  begin: async (shell) => {
    const rig = await serving(shell)
    await rig.once(act, { payload })
    return rig
  },
  words: ['decide', '1', 'commit'],
  payload: '{"type":"decide"}\n',
  end: async (rig) => {
    const again = await rig.once(['decide', '1', 'commit'], { payload: '{"type":"decide"}\n' })
    await rig.once(['settle', '1'])
    return { stands: again.lines, ...((await worldOf(rig)) as object) }
  },
}

describe.each(SHELLS)('a power cut under %s', (shell) => {
  test.each([
    ['an action', action, 25],
    ['staging a release anew', fromItself, 10],
    ['settling a commit', settling('commit'), 12],
    ['settling a rollback', settling('rollback'), 12],
    ['taking the lease', acquiring, 10],
    ['deciding', deciding, 2],
    ['a task', running, 10],
    ['a task that nobody asks for again', givenUp, 10],
    ['an undo', undoing, 10],
  ] as const)(
    'before any effect of %s must change nothing about where it ends',
    async (_, scenario, least) => {
      const { cuts, different } = await sweep(shell, scenario)
      expect(different).toEqual([])
      expect(cuts).toBeGreaterThanOrEqual(least)
    },
    240_000,
  )
})
