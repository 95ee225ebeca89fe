import { describe, expect, it } from 'vitest'
import { type Bench, codeOf, failureOf } from './bench.ts'

const NOTE = { type: 'decide' }

/** One rename decides; what follows from it is carried out by whoever is there. */
export function decisions(bench: () => Bench): void {
  describe('a decision', () => {
    it('is open once a run is armed, and says between what', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { arm: bench().arming() }))
      const { decision } = await host.observe()
      expect(decision).toMatchObject({
        state: 'pending',
        armed: { run: 'run-1', epoch: 1, release: 'r2', previous: 'r1', anchor: 'here' },
      })
      const watchdog = decision.state === 'none' ? '' : decision.armed.watchdog
      expect(['container', 'systemd-run', 'setsid']).toContain(watchdog)
    })

    it('is the first one, whoever asks later and for what', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { arm: bench().arming() }))
      expect(await host.decide('commit', NOTE)).toBe('commit')
      expect(await host.decide('rollback', NOTE)).toBe('commit')
      expect((await host.observe()).decision.state).toBe('commit')
    })

    it('is remembered by its run after it was carried out', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { arm: bench().arming() }))
      await host.decide('rollback', NOTE)
      await host.settle()
      expect(await host.decide('commit', NOTE)).toBe('rollback')
    })

    it('of a run that armed nothing can only be to go back', async () => {
      const host = await bench().leased()
      expect(await host.decide('rollback', NOTE)).toBe('rollback')
      await host.settle()
      expect(await codeOf(host.decide('commit', NOTE))).toBe('OVERTAKEN')
      expect((await host.observe()).decision).toEqual({ state: 'none' })
    })

    it('cannot be armed again by the run that it ended', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { arm: bench().arming() }))
      await host.decide('rollback', NOTE)
      await host.settle()
      const again = bench().action([], { arm: bench().arming() })
      expect(await codeOf(host.act(again))).toBe('OVERTAKEN')
    })

    it('left open keeps the next run from arming, until that one has decided it', async () => {
      const first = await bench().leased()
      await first.act(bench().action([], { arm: bench().arming() }))
      await first.breakLease()
      const second = await bench().leased({ run: 'run-2' })
      const arm = bench().arming({ run: 'run-2', release: 'r3' })
      expect(await codeOf(second.act(bench().action([], { arm })))).toBe('ACTION_FAILED')
      expect(await second.decide('rollback', NOTE)).toBe('rollback')
      await second.settle()
      await second.act(bench().action([], { arm }))
      const { decision } = await second.observe()
      expect(decision).toMatchObject({ state: 'pending', armed: { run: 'run-2', release: 'r3' } })
    })
  })

  describe('settling', () => {
    it('carries out the forward list of a commit, and clears the decision', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('b25')], { arm: bench().arming() }))
      await host.decide('commit', NOTE)
      await host.settle()
      const seen = await host.observe()
      expect(bench().marked(seen)).toBe('b')
      expect(seen.decision).toEqual({ state: 'none' })
    })

    it('carries out the back list of a rollback', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('b25')], { arm: bench().arming() }))
      await host.decide('rollback', NOTE)
      await host.settle()
      expect(bench().marked(await host.observe())).toBe('a')
    })

    it('can be repeated, and does nothing while nothing is decided', async () => {
      const host = await bench().leased()
      await host.settle()
      await host.act(bench().action([bench().mark('b25')], { arm: bench().arming() }))
      await host.settle()
      expect(bench().marked(await host.observe())).toBe('b25')
      await host.decide('commit', NOTE)
      await host.settle()
      await host.settle()
      expect(bench().marked(await host.observe())).toBe('b')
    })

    it('is not held up by a container that somebody took away', async () => {
      const host = await bench().leased()
      const start = { do: 'start', containers: [bench().named('nobody')] } as const
      const arm = bench().arming({ back: [start, bench().mark('a')] })
      await host.act(bench().action([bench().mark('b')], { arm }))
      await host.decide('rollback', NOTE)
      await host.settle()
      const seen = await host.observe()
      expect([bench().marked(seen), seen.decision.state]).toEqual(['a', 'none'])
    })

    it('tries every line; the decision stands until all of them were done', async () => {
      const host = await bench().leased()
      const tag = { do: 'tag', image: 'belay/nobody:none', tag: 'belay/nobody:r1' } as const
      const arm = bench().arming({ back: [tag, bench().mark('a')] })
      await host.act(bench().action([bench().mark('b')], { arm }))
      await host.decide('rollback', NOTE)
      const failure = await failureOf(host.settle())
      expect(failure.evidence.join('\n')).toContain('No such image')
      const seen = await host.observe()
      expect(bench().marked(seen)).toBe('a')
      expect(seen.decision.state).toBe('rollback')
    })

    it('has switched policies and the current release before a commit is told', async () => {
      const host = await bench().leased()
      const { stage, up, container } = bench().release('r2')
      const forward = [
        { do: 'policy', policy: 'always', containers: [container] },
        { do: 'current', release: 'r2', previous: 'r1' },
        { do: 'mark', release: 'r2', mark: 'good' },
      ] as const
      await host.act(bench().action([up], { stage, arm: bench().arming({ forward }) }))
      await host.decide('commit', NOTE)
      const seen = await host.observe()
      expect(seen.current).toBe('r2')
      expect(seen.previous).toBe('r1')
      expect(seen.releases.map(({ mark }) => mark)).toEqual(['good'])
      const found = seen.containers.find(({ name }) => name === container)
      expect(found?.restartPolicy).toBe('always')
    })
  })

  describe('the watchdog', () => {
    it('puts back a run whose lease lapsed, all by itself', async () => {
      const host = await bench().leased({ ttlSeconds: 2 })
      await host.act(bench().action([bench().mark('b')], { arm: bench().arming() }))
      await bench().at.pass(6)
      const seen = await host.observe()
      expect(bench().marked(seen)).toBe('a')
      expect(seen.decision.state).not.toBe('pending')
      expect(await host.decide('commit', NOTE)).toBe('rollback')
    })

    it('leaves a run alone that is renewed', async () => {
      const host = await bench().leased({ ttlSeconds: 2 })
      await host.act(bench().action([bench().mark('b')], { arm: bench().arming() }))
      await host.renew(60)
      await bench().at.pass(5)
      const seen = await host.observe()
      expect(seen.decision.state).toBe('pending')
      expect(bench().marked(seen)).toBe('b')
    })

    it('leaves a committed run alone', async () => {
      const host = await bench().leased({ ttlSeconds: 2 })
      await host.act(bench().action([bench().mark('b25')], { arm: bench().arming() }))
      await host.decide('commit', NOTE)
      await host.settle()
      await bench().at.pass(5)
      expect(bench().marked(await host.observe())).toBe('b')
    })
  })
}
