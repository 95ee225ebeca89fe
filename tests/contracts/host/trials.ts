import { describe, expect, it } from 'vitest'
import { type Bench, failureOf } from './bench.ts'
import { type Of, Store } from './stores.ts'

const SCRIPT = 'cat >/belay-trial/copy; ! grep -q poison /belay-trial/copy && echo a word'

/** Backups are restored where nobody sees it, and compared. */
export function trials(bench: () => Bench): void {
  describe('a trial of a backup', () => {
    it('is known as its restore from then on, and touches nothing of the app', async () => {
      const store = await backedUp(bench(), 'one')
      await store.write('two')
      const before = (await store.host.observe()).containers.map(({ name }) => name)
      for (let n = 0; n < 2; n += 1) await store.act(trial(store, 'forget'))
      await store.act({ do: 'check-backup', backup: 'b1', proof: store.backUp('b1').proof })
      const { backups, containers } = await store.host.observe()
      expect(backups.map(({ id, verified }) => [id, verified?.how])).toEqual([['b1', 'restore']])
      expect(containers.map(({ name }) => name)).toEqual(before)
      expect([await store.read(), await store.running()]).toEqual(['two', store.all])
    })

    it('that fails says so, and leaves the backup or lets it go, as it was asked', async () => {
      const store = await backedUp(bench(), 'poison')
      for (const otherwise of ['keep', 'forget'] as const) {
        expect((await store.host.observe()).backups.map(({ id }) => id)).toEqual(['b1'])
        const { code, evidence } = await failureOf(store.act(trial(store, otherwise)))
        expect([code, evidence.at(-1)]).toEqual([
          'ACTION_FAILED',
          expect.stringContaining('it does not restore'),
        ])
      }
      expect((await store.host.observe()).backups).toEqual([])
      expect([await store.read(), await store.running()]).toEqual(['poison', store.all])
    })
  })
}

async function backedUp(bench: Bench, word: string): Promise<Store> {
  const store = await Store.ready(bench, 'a script that loses what is there')
  await store.write(word)
  await store.act(store.backUp('b1'))
  return store
}

function trial({ container }: Store, otherwise: 'keep' | 'forget'): Of<'try-backup'> {
  const how = { way: 'load', script: SCRIPT } as const
  return { do: 'try-backup', backup: 'b1', container, otherwise, how }
}
