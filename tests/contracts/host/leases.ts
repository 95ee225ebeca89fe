import { describe, expect, it } from 'vitest'
import { type Bench, codeOf, failureOf } from './bench.ts'

/** One run at a time, and whoever lost the lease changes nothing more. */
export function leases(bench: () => Bench): void {
  describe('a lease', () => {
    it('is absent on a fresh host, and nothing else is there either', async () => {
      const seen = await (await bench().connected()).observe()
      expect(seen.lease).toBeUndefined()
      expect(seen.epoch).toBe(0)
      expect(seen.decision).toEqual({ state: 'none' })
      expect(seen.current).toBeUndefined()
      expect(seen.releases).toEqual([])
    })

    it('gives out the next epoch, and says whose it is', async () => {
      const host = await bench().connected()
      const seen = await host.acquire(bench().lease())
      expect(seen.epoch).toBe(1)
      expect(seen.lease).toMatchObject({
        epoch: 1,
        owner: 'ann@laptop',
        purpose: 'deploy r1',
        run: 'run-1',
      })
      expect(seen.lease?.secondsLeft).toBeGreaterThan(50)
      expect(seen.lease?.secondsLeft).toBeLessThanOrEqual(60)
      expect(seen.lease?.ageSeconds).toBeLessThan(10)
    })

    it('is refused while another holds it, and the refusal says who and what for', async () => {
      await bench().leased()
      const late = await bench().connected()
      const failure = await failureOf(late.acquire(bench().other()))
      expect(failure.code).toBe('LEASE_HELD')
      expect(failure.message).toContain('ann@laptop')
      expect(failure.message).toContain('deploy r1')
      expect((await late.observe()).epoch).toBe(1)
    })

    it('is the same one when its owner asks again, as after a lost link', async () => {
      await bench().leased()
      const again = await bench().connected()
      expect((await again.acquire(bench().lease())).epoch).toBe(1)
    })

    it('given back is free for the next, under a higher epoch', async () => {
      const first = await bench().leased()
      await first.release()
      const second = await bench().connected()
      expect((await second.observe()).lease).toBeUndefined()
      expect((await second.acquire(bench().other())).epoch).toBe(2)
    })

    it('given back twice, or when it is another’s, changes nothing', async () => {
      const first = await bench().leased()
      await first.release()
      await first.release()
      const second = await bench().leased({ owner: 'bob@desk' })
      await first.release()
      expect((await second.observe()).lease?.owner).toBe('bob@desk')
    })

    it('lapses when nobody renews it', async () => {
      await bench().leased({ ttlSeconds: 2 })
      await bench().at.pass(3)
      const next = await bench().connected()
      expect((await next.acquire(bench().other())).epoch).toBe(2)
    })

    it('lives on when it is renewed', async () => {
      const first = await bench().leased({ ttlSeconds: 3 })
      await first.renew(60)
      await bench().at.pass(4)
      const late = await bench().connected()
      expect(await codeOf(late.acquire(bench().other()))).toBe('LEASE_HELD')
    })

    it('is stolen from its owner in one step, who is fenced', async () => {
      const owner = await bench().leased()
      const thief = await bench().connected()
      const seen = await thief.acquire({ ...bench().other(), steal: ['run-1'] })
      expect(seen.epoch).toBe(2)
      expect(seen.lease).toMatchObject({ epoch: 2, owner: 'bob@desk', run: 'run-2' })
      expect(await codeOf(owner.act(bench().action([bench().mark('b')])))).toBe('FENCED')
      expect((await thief.acquire({ ...bench().other(), steal: ['run-1'] })).epoch).toBe(2)
    })

    it('is stolen only from the owner that was meant: a second thief comes too late', async () => {
      await bench().leased()
      const first = await bench().connected()
      await first.acquire({ ...bench().other(), steal: ['run-1'] })
      const second = await bench().connected()
      const cleo = bench().lease({ owner: 'cleo@desk', run: 'run-3', steal: ['run-1'] })
      const failure = await failureOf(second.acquire(cleo))
      expect(failure.code).toBe('LEASE_HELD')
      expect(failure.message).toContain('bob@desk')
      await first.act(bench().action([bench().mark('a')]))
      expect(bench().marked(await first.observe())).toBe('a')
    })

    it('that nobody holds any more needs no stealing', async () => {
      const owner = await bench().leased()
      await owner.release()
      const thief = await bench().connected()
      expect((await thief.acquire({ ...bench().other(), steal: ['run-1'] })).epoch).toBe(2)
    })

    it('taken away says from whom; nobody had it the second time', async () => {
      await bench().leased()
      const thief = await bench().connected()
      expect(await thief.breakLease()).toMatchObject({ owner: 'ann@laptop', run: 'run-1' })
      expect(await thief.breakLease()).toBeUndefined()
    })

    it('taken away fences its owner from everything that changes the host', async () => {
      const owner = await bench().leased()
      await owner.act(bench().action([bench().mark('a')], { arm: bench().arming() }))
      const thief = await bench().connected()
      await thief.breakLease()
      const note = { type: 'late' }
      expect(await codeOf(owner.act(bench().action([bench().mark('b')])))).toBe('FENCED')
      expect(await codeOf(owner.decide('commit', note))).toBe('FENCED')
      expect(await codeOf(owner.settle())).toBe('FENCED')
      expect(await codeOf(owner.note(note))).toBe('FENCED')
      expect(await codeOf(owner.renew(60))).toBe('FENCED')
      const seen = await thief.observe()
      expect(bench().marked(seen)).toBe('a')
      // Without a lease the watchdog may have gone back by now; a commit it can never be.
      expect(seen.decision.state).not.toBe('commit')
    })

    it('that lapsed and went to another fences its owner too', async () => {
      const owner = await bench().leased({ ttlSeconds: 1 })
      await bench().at.pass(2)
      const next = await bench().leased({ owner: 'bob@desk' })
      expect(await codeOf(owner.act(bench().action([bench().mark('b')])))).toBe('FENCED')
      expect(bench().marked(await next.observe())).toBeUndefined()
    })
  })
}
