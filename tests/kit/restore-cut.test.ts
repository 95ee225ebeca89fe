import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Scenario, sweep } from './power-cut.ts'
import { Rig, SHELLS, type Shell, section } from './rig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const ABOUT = base64('{"name":"db","kind":"mysql"}')
const END = base64('-- the end')

const DUMP = base64('cat "$HOME/word"; echo "-- the end"')
/** As of MySQL and volumes: there is a time when neither is there, and the power may go within it. */
const POUR = base64(
  `PATH="$HOME/effects:$PATH"; cd "$HOME" && sed '$d' >copy && rm -f word && mkdir -p half && cp copy word`,
)

const restore = (id: string, safety: string, after = 'go-on') =>
  `restore-backup ${id} ${safety} db 0 ${after} ends ${END} - script loses ${POUR} web`
const undo = `undo-restore b2 db 0 ends ${END} script loses ${POUR} without web`

const wordOf = ({ folder }: Rig) => {
  const path = join(folder, 'word')
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
}

const told = async (rig: Rig) => section(await rig.once(['observe']), '@problems')

/** Two backups, of `one` and of `two`, which is there now. */
async function copied(shell: Shell): Promise<Rig> {
  const rig = new Rig(shell)
  for (const name of ['db', 'web']) rig.container(name, { state: 'running', service: name })
  await rig.acquire()
  for (const [index, word] of ['one', 'two'].entries()) {
    writeFileSync(join(rig.folder, 'word'), `${word}\n`)
    const made = `b${index + 1} sql.gz db 0 ${ABOUT} - ends ${END} script ${DUMP}`
    await rig.act(`1 ${index + 1} none 20`, [`back-up ${made}`])
  }
  return rig
}

/** With what is to follow when the power is there again; what is neither must be told until then. */
function cutOff(after: 'go-on' | 'stay-down', next: (rig: Rig) => Promise<unknown>): Scenario {
  return {
    begin: async (shell) => {
      const rig = await copied(shell)
      if (after === 'stay-down') await rig.arm('1', [`back ${undo}`, 'back start web'], 90)
      return rig
    },
    words: ['do', '1', '7', 'none', '30'],
    payload: `{"type":"x"}\n${restore('b1', 'b2', after)}\n\n`,
    end: async (rig) => {
      const isKnown = (await told(rig)).some((line) => line.includes('db may be half restored'))
      const isTrue = isKnown || ['one', 'two'].includes(wordOf(rig))
      const answer = await next(rig)
      return { isTrue, answer, word: wordOf(rig), problems: await told(rig) }
    },
  }
}

const again = cutOff('go-on', async (rig) => {
  return (await rig.act('1 8 none 30', [restore('b1', 'none')])).code
})
const before = cutOff('go-on', async (rig) => {
  return (await rig.act('1 8 none 30', [restore('b2', 'none')])).code
})
const goingBack = cutOff('stay-down', async (rig) => {
  await rig.once(['decide', '1', 'rollback'], { payload: '{}\n' })
  return (await rig.once(['settle', '1'])).code
})

describe.each(SHELLS)('a restore whose power goes, under %s', (shell) => {
  test.each([
    ['done again', again, 'one'],
    ['put back from its copy', before, 'two'],
    ['undone with its run', goingBack, 'two'],
  ] as const)(
    'before any effect must say so, and can be %s',
    async (_, scenario, word) => {
      const { cuts, whole, different } = await sweep(shell, scenario)
      expect(whole).toEqual({ isTrue: true, answer: 0, word, problems: [] })
      expect(different).toEqual([])
      expect(cuts).toBeGreaterThan(12)
    },
    240_000,
  )
})
