import { describe, expect, it } from 'vitest'
import { type Bench, codeOf, failureOf, file } from './bench.ts'

/** Numbered, under the lock, exactly once. */
export function actions(bench: () => Bench): void {
  describe('an action', () => {
    it('carries out its instructions in their order', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('a'), bench().mark('b'), bench().mark('b25')]))
      expect(bench().marked(await host.observe())).toBe('b25')
    })

    it('is done once for its number, whatever is asked the second time', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('a')], { number: 7 }))
      await host.act(bench().action([bench().mark('b')], { number: 7 }))
      expect(bench().marked(await host.observe())).toBe('a')
    })

    it('keeps its number through a new link of the same run', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('a')], { number: 7 }))
      const again = await bench().leased()
      await again.act(bench().action([bench().mark('b')], { number: 7 }))
      expect(bench().marked(await again.observe())).toBe('a')
    })

    it('of the next run is another action, though the number is the same', async () => {
      const first = await bench().leased()
      await first.act(bench().action([bench().mark('a')], { number: 7 }))
      await first.release()
      const second = await bench().leased({ run: 'run-2' })
      await second.act(bench().action([bench().mark('b')], { number: 7 }))
      expect(bench().marked(await second.observe())).toBe('b')
    })

    it('stops at the first instruction that fails, and names it', async () => {
      const host = await bench().leased()
      const start = { do: 'start', containers: [bench().named('nobody')] } as const
      const list = [bench().mark('a'), start, bench().mark('b')]
      const failure = await failureOf(host.act(bench().action(list)))
      expect(failure.code).toBe('ACTION_FAILED')
      expect(failure.details).toMatchObject({ title: 'try something', instruction: 'start' })
      expect(failure.evidence.join('\n')).toContain('No such container')
      expect(bench().marked(await host.observe())).toBe('a')
    })

    it('that failed says the same when it is asked again, without trying again', async () => {
      const host = await bench().leased()
      const start = { do: 'start', containers: [bench().named('nobody')] } as const
      const first = bench().action([bench().mark('a'), start], { number: 3 })
      const second = bench().action([bench().mark('b')], { number: 3 })
      expect(await codeOf(host.act(first))).toBe('ACTION_FAILED')
      expect(await codeOf(host.act(second))).toBe('ACTION_FAILED')
      expect(bench().marked(await host.observe())).toBe('a')
    })

    it('that is guarded is refused when nothing is pending', async () => {
      const host = await bench().leased()
      const action = bench().action([bench().mark('b')], { guard: 'pending' })
      expect(await codeOf(host.act(action))).toBe('OVERTAKEN')
      expect(bench().marked(await host.observe())).toBeUndefined()
    })

    it('that is guarded is refused once it was decided, and changes nothing', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('a')], { arm: bench().arming() }))
      await host.act(bench().action([bench().mark('b')], { guard: 'pending' }))
      await host.decide('rollback', { type: 'decide' })
      const late = bench().action([bench().mark('b75')], { guard: 'pending' })
      expect(await codeOf(host.act(late))).toBe('OVERTAKEN')
      expect(bench().marked(await host.observe())).toBe('b')
    })

    it('takes one round trip', async () => {
      const host = await bench().leased()
      const before = host.roundTrips
      await host.act(bench().action([bench().mark('a'), bench().mark('b')]))
      expect(host.roundTrips - before).toBe(1)
    })

    it('shows nothing of itself to another app on the same host', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { arm: bench().arming() }))
      const neighbour = bench().at.link()
      const { app } = bench().at.scope
      const seen = await neighbour.connect({ app: `${app}-next`, environment: 'production' })
      await neighbour.close()
      expect(seen.epoch).toBe(0)
      expect(seen.lease).toBeUndefined()
      expect(seen.decision).toEqual({ state: 'none' })
    })
  })

  describe('what an action stages', () => {
    it('is a release that the host then knows', async () => {
      const host = await bench().leased()
      const { stage, release } = bench().release('r1')
      await host.act(bench().action([], { stage }))
      const { releases } = await host.observe()
      expect(releases).toEqual([{ id: 'r1', mark: 'unproved', release }])
    })

    it('replaces what was in the folder, whole', async () => {
      const host = await bench().leased()
      const { stage, up } = bench().release('r1')
      await host.act(bench().action([], { stage }))
      const smaller = {
        release: 'r1',
        files: stage.files.filter((it) => it.path === 'release.json'),
      }
      await host.act(bench().action([], { stage: smaller }))
      expect((await host.observe()).releases).toHaveLength(1)
      expect(await codeOf(host.act(bench().action([up])))).toBe('ACTION_FAILED')
    })

    it('arrives byte for byte, and can be read back', async () => {
      const host = await bench().leased()
      const { app, environment } = bench().at.scope
      const text = `quotes ' " and \` $HOME $(x) \\n\n  “ünïcode” 🧗\t\n\n`
      const stage = { release: 'r1', files: [file('files/a b/c.txt', text)] }
      await host.act(bench().action([], { stage }))
      const { stateRoot } = (await host.observe()).facts
      const path = `${stateRoot}/${app}/${environment}/releases/r1/files/a b/c.txt`
      expect(await host.run(['cat', path])).toEqual({ code: 0, stdout: text, stderr: '' })
      const missing = await host.run(['cat', `${path}.none`])
      expect(missing.code).toBe(1)
      expect(missing.stderr).toContain('No such file')
    })

    it('starts from a copy of another release when it says so', async () => {
      const host = await bench().leased()
      const first = bench().release('r1')
      const second = bench().release('r2')
      await host.act(bench().action([], { stage: first.stage }))
      const copy = {
        release: 'r2',
        from: 'r1',
        files: [file('release.json', JSON.stringify(second.release))],
      }
      await host.act(bench().action([second.up], { stage: copy }))
      expect((await host.observe()).releases.map(({ id }) => id).sort()).toEqual(['r1', 'r2'])
      const request = { containers: [asked(second.container)], commands: [], logs: [] }
      const { containers } = await host.sample(request)
      expect(containers[second.container]?.state).toBe('running')
    })
  })

  describe('what an action writes down', () => {
    it('is the current release, the previous one, and what they are worth', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { stage: bench().release('r1').stage }))
      await host.act(bench().action([], { stage: bench().release('r2').stage }))
      const reason = "it's “bad”: 50 % of $HOME; really"
      await host.act(
        bench().action([
          { do: 'current', release: 'r1', previous: '-' },
          { do: 'mark', release: 'r1', mark: 'good' },
          { do: 'mark', release: 'r2', mark: 'bad', reason },
        ]),
      )
      const seen = await host.observe()
      expect(seen.current).toBe('r1')
      expect(seen.previous).toBeUndefined()
      const [first, second] = [...seen.releases].sort((a, b) => a.id.localeCompare(b.id))
      expect(first).toMatchObject({ id: 'r1', mark: 'good' })
      expect(first?.reason).toBeUndefined()
      expect(second).toMatchObject({ id: 'r2', mark: 'bad', reason })
    })

    it('is gone when a release is forgotten', async () => {
      const host = await bench().leased()
      await host.act(bench().action([], { stage: bench().release('r1').stage }))
      await host.act(bench().action([{ do: 'forget', release: 'r1' }]))
      await host.act(bench().action([{ do: 'forget', release: 'r1' }]))
      expect((await host.observe()).releases).toEqual([])
    })
  })
}

function asked(name: string): { name: string; healthTimeoutSeconds: number } {
  return { name, healthTimeoutSeconds: 5 }
}
