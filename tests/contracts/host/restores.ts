import { describe, expect, it } from 'vitest'
import { type Bench, failureOf } from './bench.ts'
import { Store, STORES } from './stores.ts'

type Kind = keyof typeof STORES
const KINDS = Object.keys(STORES) as Kind[]
const SCRIPTS = ['a script that keeps what is there', 'a script that loses what is there'] as const

/** Data comes back whole, or stays as it is. */
export function restores(bench: () => Bench): void {
  describe.each(KINDS)('of %s', (kind) => {
    it('a backup is read back and restored, once or twice, and all run again', async () => {
      const store = await Store.ready(bench(), kind)
      await store.write('one')
      await store.act(store.backUp('b1'))
      await store.write('two')
      // It is there: it is not made again of what there is now.
      await store.act(store.backUp('b1'), store.backUp('b2'))
      for (let n = 0; n < 2; n += 1) {
        await store.act(store.restore('b1', { safety: 'b2' }))
        expect([await store.read(), await store.running()]).toEqual(['one', store.all])
      }
      await store.act(store.restore('b2'))
      expect([await store.read(), await store.running()]).toEqual(['two', store.all])
    })

    it('a restore is undone once it was begun, and what was written before that stays', async () => {
      const store = await copied(bench(), kind)
      await store.act(store.undo('b2'))
      expect([await store.read(), await store.running()]).toEqual(['two', store.all])
      await store.act(store.restore('b1', { safety: 'b2', after: 'stay-down' }))
      expect([await store.read(), await store.running()]).toEqual(['one', [store.container]])
      await store.act(store.undo('b2'))
      expect([await store.read(), await store.running()]).toEqual(['two', store.all])
      await store.write('three')
      await store.act(store.undo('b2'))
      expect([await store.read(), await store.running()]).toEqual(['three', store.all])
    })

    it('a restore from nothing, or beside no safe copy, changes nothing and says so', async () => {
      const store = await copied(bench(), kind)
      const unknown = [store.restore('b7', { safety: 'b2' }), store.restore('b1', { safety: 'b7' })]
      for (const each of unknown) {
        const { code, evidence } = await failureOf(store.act(each))
        expect([code, evidence]).toEqual(['ACTION_FAILED', ['there is no backup b7']])
        expect([await store.read(), await store.running()]).toEqual(['two', store.all])
      }
    })
  })

  describe.each(SCRIPTS)('of %s', (kind) => {
    it('a restore that fails leaves what was there, and says so', async () => {
      const store = await copied(bench(), kind, 'poison')
      const failed = await failureOf(store.act(store.restore('b1', { safety: 'b2' })))
      const kept = kind === SCRIPTS[0] ? 'still there' : 'back'
      expect(failed.code).toBe('ACTION_FAILED')
      expect(failed.evidence.slice(-2)).toEqual([
        'it was not restored',
        `what was there before is ${kept}`,
      ])
      expect([await store.read(), await store.running()]).toEqual(['two', store.all])
    })

    it('a restore is told, with what its check found', async () => {
      const store = await copied(bench(), kind)
      const told = await store.told(store.restore('b1', { safety: 'b2', check: 'echo a word' }))
      expect(told).toEqual(['stopping what would write', 'restoring b1', 'checked: a word'])
    })

    it('a restore whose check finds nothing has failed, and what was there is back', async () => {
      const store = await copied(bench(), kind)
      const failed = await failureOf(
        store.act(store.restore('b1', { safety: 'b2', check: 'true' })),
      )
      expect(failed.evidence).toEqual([
        'the query that is to show that it works gives no answer',
        'what was there before is back',
      ])
      expect([await store.read(), await store.running()]).toEqual(['two', store.all])
    })

    it('a restore into a container that does not run changes nothing, and says so', async () => {
      const store = await copied(bench(), kind)
      const { container } = store
      await store.act({ do: 'stop', containers: [container], graceSeconds: 0 })
      const { evidence } = await failureOf(store.act(store.restore('b1', { safety: 'b2' })))
      expect(evidence).toEqual([
        `${container} does not run: it is exited`,
        'it was not restored',
        'what was there before is still there',
      ])
      expect([await store.read(), await store.running()]).toEqual(['two', [store.writer]])
    })
  })

  it('half of a restore is undone, and until then nothing is started on it', async () => {
    const store = await copied(bench(), 'a script that loses what is there')
    const how = { way: 'script', script: 'head -c 1 >/data/word; exit 1', keepsOld: false } as const
    const half = store.restore('b1', { safety: 'b2', after: 'stay-down', how })
    const { evidence } = await failureOf(store.act(half))
    expect(evidence.at(-1)).toBe('what was there before is NOT back')
    expect((await failureOf(store.act(store.undo('b2', { how })))).code).toBe('ACTION_FAILED')
    expect(await store.running()).toEqual([store.container])
    await store.act(store.undo('b2'))
    expect([await store.read(), await store.running()]).toEqual(['two', store.all])
  })

  it('half of a restore is told until all of it is of one moment again', async () => {
    const store = await copied(bench(), 'a script that loses what is there')
    const how = { way: 'script', script: 'head -c 1 >/data/word; exit 1', keepsOld: false } as const
    const problems = async () => (await store.host.observe()).problems
    expect(await problems()).toEqual([])
    await failureOf(store.act(store.restore('b1', { safety: 'b2', how })))
    expect(await problems()).toEqual([
      'restoring b1 did not get to its end, so db may be half restored: `belay backup restore b1 ' +
        '--without-copy` does it again, the same with b2 puts back what was there before',
    ])
    await store.act(store.restore('b2'))
    expect([await store.read(), await problems()]).toEqual(['two', []])
  })
}

/** Two backups: of `one`, or what it is to be, and of what there is now. */
async function copied(bench: Bench, kind: Kind, first = 'one'): Promise<Store> {
  const store = await Store.ready(bench, kind)
  await store.write(first)
  await store.act(store.backUp('b1'))
  await store.write('two')
  await store.act(store.backUp('b2'))
  return store
}
