import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../src/plan/instruction.ts'
import { type Bench, failureOf } from './bench.ts'

/** Backups lie on the host, whole or not at all. */
export function backups(bench: () => Bench): void {
  describe('a backup', () => {
    it('is there with what is known of it, once, until it is let go', async () => {
      const { host, container } = await running(bench())
      const before = (await host.observe()).backups
      expect(before).toEqual([])
      for (let n = 0; n < 2; n += 1) {
        await host.act(bench().action([backUp(bench(), container), check('b1')]))
      }
      const { backups: made } = await host.observe()
      expect(made).toEqual([
        expect.objectContaining({ id: 'b1', file: 'b1.sql.gz', damaged: false }),
      ])
      expect(made[0]?.about).toMatchObject({ name: 'db', title: 'naïve “quotes” and $HOME' })
      expect(made[0]?.verified?.how).toBe('read')
      for (let n = 0; n < 2; n += 1) {
        await host.act(bench().action([{ do: 'forget-backup', backups: ['b1'] }]))
      }
      expect((await host.observe()).backups).toEqual([])
      expect((await failureOf(host.act(bench().action([check('b1')])))).code).toBe('ACTION_FAILED')
    })

    it('whose script fails is none, whatever that printed before', async () => {
      const { host, container } = await running(bench())
      const how = { way: 'script', script: 'echo "-- the end"; exit 1' } as const
      const failure = await failureOf(
        host.act(bench().action([{ ...backUp(bench(), container), how }])),
      )
      expect(failure.evidence).toEqual(['it ended with 1, and said nothing'])
      expect((await host.observe()).backups).toEqual([])
    })

    it('of a container that does not run is none', async () => {
      const { host, container } = await running(bench())
      await host.act(bench().action([{ do: 'stop', containers: [container], graceSeconds: 0 }]))
      const failure = await failureOf(host.act(bench().action([backUp(bench(), container)])))
      expect(failure.code).toBe('ACTION_FAILED')
      expect((await host.observe()).backups).toEqual([])
    })
  })
}

const PROOF = { kind: 'ends', text: '-- the end' } as const

function check(backup: string): Instruction {
  return { do: 'check-backup', backup, proof: PROOF }
}

function backUp(bench: Bench, container: string): Extract<Instruction, { do: 'back-up' }> {
  const { app, environment } = bench.at.scope
  return {
    do: 'back-up',
    backup: 'b1',
    ending: 'sql.gz',
    container,
    how: { way: 'script', script: 'echo "a line"; echo "-- the end"' },
    proof: PROOF,
    neededBytes: 1,
    about: {
      name: 'db',
      kind: 'postgres',
      title: 'naïve “quotes” and $HOME',
      app,
      environment,
      run: 'run-1',
      purpose: 'by-hand',
    },
  }
}

async function running(bench: Bench) {
  const host = await bench.leased()
  const { stage, up, container } = bench.release('r1')
  await host.act(bench.action([up], { stage }))
  return { host, container }
}
