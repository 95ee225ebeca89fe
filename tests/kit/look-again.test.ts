import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Session } from '../../src/hosts/links/session.ts'
import { Rig, SHELLS } from './rig.ts'

describe.each(SHELLS)('the look with which a lease comes, under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
    rig.container('web', { state: 'running' })
  })
  afterEach(() => rig.close())

  /** How often Docker was asked for its containers by an `acquire` in this session. */
  async function asked(session: Session): Promise<number> {
    const before = looks()
    const payload = Buffer.from('me\ndeploy\n')
    const request = { verb: 'acquire', words: ['60', 'run1'], payload, timeoutMs: 10_000 }
    const { code, lines } = await session.request(request)
    expect(code).toBe(0)
    expect(lines.some((line) => line.includes('"name":"web"'))).toBe(true)
    return looks() - before
  }

  const looks = () => rig.asked.filter((line) => line.startsWith('ps ')).length

  async function opened(): Promise<Session> {
    const { session } = rig.session()
    expect((await session.opening).code).toBe(0)
    return session
  }

  test('must not ask Docker again at once, yet tell the new epoch and lease', async () => {
    const session = await opened()
    expect(await asked(session)).toBe(0)
    expect(rig.read('epoch')).toBe('1\n')
  })

  test.each<[string, () => unknown]>([
    ['three seconds later', () => (rig.uptime = 1003)],
    ['after a reboot', () => (rig.boot = 'boot-two')],
    ['after another run', () => anotherRun()],
    ['after something was done without a lease', () => touchJournal()],
  ])('must ask Docker anew %s', async (_, happen) => {
    // A journal from before: only what comes after the look counts.
    await anotherRun()
    const session = await opened()
    await happen()
    expect(await asked(session)).toBe(1)
  })

  test('must ask Docker anew when a run was under way at the first look', async () => {
    const epoch = await rig.acquire('other')
    const session = await opened()
    await rig.once(['release', epoch])
    expect(await asked(session)).toBe(1)
  })

  async function anotherRun(): Promise<void> {
    const epoch = await rig.acquire('other')
    await rig.once(['release', epoch])
  }

  function touchJournal(): void {
    appendFileSync(join(rig.state, 'journal'), '9 1 boot-one 1000 1 0123456789abcdef {}\n')
  }
})
