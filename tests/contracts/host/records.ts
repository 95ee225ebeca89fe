import { describe, expect, it } from 'vitest'
import { type Bench } from './bench.ts'

const NASTY = `quotes ' " and \` , $(touch x) $HOME \\n \n two lines, tab\t, “ünïcode” 🧗`

/** What a host remembers for people and for later runs. */
export function records(bench: () => Bench): void {
  describe('the journal', () => {
    it('gives back what was noted, the oldest first, in one sequence', async () => {
      const host = await bench().leased()
      for (const n of [1, 2, 3]) await host.note({ type: 'test', n })
      const entries = await host.journal(100)
      expect(entries.filter(({ note }) => note.type === 'test').map(({ note }) => note.n)).toEqual([
        1, 2, 3,
      ])
      const numbers = entries.map(({ sequence }) => sequence)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(new Set(numbers).size).toBe(numbers.length)
      expect(entries.at(-1)?.epoch).toBe(1)
    })

    it('gives back no more than was asked for: the newest', async () => {
      const host = await bench().leased()
      for (const n of [1, 2, 3]) await host.note({ type: 'test', n })
      expect((await host.journal(2)).map(({ note }) => note.n)).toEqual([2, 3])
    })

    it('keeps text as it was', async () => {
      const host = await bench().leased()
      await host.note({ type: 'test', text: NASTY })
      expect((await host.journal(1))[0]?.note).toEqual({ type: 'test', text: NASTY })
    })

    it('holds what every action and decision did, without being told', async () => {
      const host = await bench().leased()
      const action = bench().action([bench().mark('b')], { arm: bench().arming() })
      const before = (await host.journal(100)).length
      await host.act(action)
      const afterAction = (await host.journal(100)).length
      expect(afterAction).toBeGreaterThan(before)
      await host.decide('rollback', { type: 'decide', because: NASTY })
      const entries = await host.journal(100)
      expect(entries.map(({ note }) => note)).toContainEqual({ type: 'decide', because: NASTY })
    })

    it('dates entries by the host’s clock', async () => {
      const host = await bench().leased()
      const { clock } = (await host.observe()).facts
      await host.note({ type: 'test' })
      const [entry] = await host.journal(1)
      expect(Math.abs((entry?.at ?? 0) - clock)).toBeLessThan(30)
    })

    it('is whole: no line of it counts as damaged', async () => {
      const host = await bench().leased()
      await host.note({ type: 'test', text: NASTY })
      await host.note({ type: 'test' })
      expect((await host.observe()).damagedJournalLines).toEqual([])
    })
  })

  describe('receipts', () => {
    it('come back as they were written, and the last one counts', async () => {
      const host = await bench().leased()
      await host.writeReceipt('run-1', 'first')
      await host.writeReceipt('run-1', `${NASTY}\n`)
      expect(await host.readReceipt('run-1')).toBe(`${NASTY}\n`)
      expect(await host.readReceipt('run-2')).toBeUndefined()
    })

    it('can be read by anyone who comes later', async () => {
      const host = await bench().leased()
      await host.writeReceipt('run-1', 'text')
      await host.release()
      const later = await bench().connected()
      expect(await later.readReceipt('run-1')).toBe('text')
    })
  })

  describe('logs', () => {
    it('come back as they were written, and beside the receipts', async () => {
      const host = await bench().leased()
      await host.writeReceipt('run-1', 'receipt')
      await host.writeLog('run-1', 'first')
      await host.writeLog('run-1', `${NASTY}\n`)
      expect(await host.readLog('run-1')).toBe(`${NASTY}\n`)
      expect(await host.readReceipt('run-1')).toBe('receipt')
      expect(await host.readLog('run-2')).toBeUndefined()
    })

    it('can be written when the lease is given back', async () => {
      const host = await bench().leased()
      await host.release()
      await host.writeLog('run-1', 'text')
      expect(await (await bench().connected()).readLog('run-1')).toBe('text')
    })
  })

  describe('what was observed', () => {
    it('names the host, and tells what it has', async () => {
      const host = await bench().connected()
      const { host: name, facts } = await host.observe()
      expect(name).toBe(host.name)
      expect(facts.bootId).not.toBe('')
      expect(facts.uptimeSeconds).toBeGreaterThanOrEqual(0)
      expect(facts.dockerVersion).toMatch(/^\d+\.\d+/)
      expect(facts.composeVersion).toMatch(/^v?2\./)
      expect(facts.architecture).toMatch(/^(amd64|arm64)$/)
      expect(facts.diskFreeBytes).toBeGreaterThan(0)
      expect(facts.memoryAvailableBytes).toBeGreaterThan(0)
    })

    it('has one token for each route, the last one set', async () => {
      const host = await bench().leased()
      await host.act(bench().action([bench().mark('a'), bench().mark('a', 'api')]))
      await host.act(bench().action([bench().mark('b')]))
      const seen = await host.observe()
      expect(bench().marked(seen)).toBe('b')
      expect(bench().marked(seen, 'api')).toBe('a')
    })
  })

  describe('a program', () => {
    it('gets its words as they are, and gives back what it printed', async () => {
      const host = await bench().connected()
      const words = ["it's", '$HOME', 'a  b', '"', ';', '🧗']
      const { code, stdout } = await host.run(['echo', ...words])
      expect(code).toBe(0)
      expect(stdout).toBe(`${words.join(' ')}\n`)
    })

    it('that is not there says so by its code', async () => {
      const host = await bench().connected()
      expect((await host.run([bench().named('nothing')])).code).toBe(127)
    })
  })

  describe('a question', () => {
    it('to a port that nothing listens on is not answered, and says so', async () => {
      const host = await bench().connected()
      const answer = await host.ask({
        through: { kind: 'port', port: 9 },
        method: 'GET',
        path: '/',
        host: 'localhost',
        headers: {},
        timeoutMs: 5000,
      })
      expect(answer).toMatchObject({ kind: 'not-asked', why: 'refused' })
    })
  })
}
