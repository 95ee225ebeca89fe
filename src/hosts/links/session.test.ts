import { PassThrough } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinkBroken, Session } from './session.ts'

/** A host that is played by the test: what was sent to it, and what it says. */
function scripted(kit = 'the kit') {
  const input = new PassThrough()
  const output = new PassThrough()
  const sent: Buffer[] = []
  input.on('data', (chunk: Buffer) => sent.push(chunk))
  const session = new Session({ input, output, kit: Buffer.from(kit) })
  return { session, output, say: (text: string) => output.write(text), sent: () => sent.join('') }
}

const ask = { verb: 'observe', words: [], timeoutMs: 5000 }

async function opened() {
  const host = scripted()
  host.say('0 | @epoch\n0 | 3\n0 . 0\n')
  await host.session.opening
  return host
}

describe('Session', () => {
  test('the first answer must come unasked', async () => {
    const { session, say } = scripted()
    say('0 > looking around\n0 | @epoch\n0 | 3\n0 . 0\n')
    expect(await session.opening).toEqual({ code: 0, lines: ['@epoch', '3'] })
  })

  test('what a login shell prints first must be skipped', async () => {
    const { session, say } = scripted()
    say('Welcome to shop!\n1 thing to do\n\n0 . 0\n')
    expect(await session.opening).toEqual({ code: 0, lines: [] })
    expect(session.noise).toEqual(['Welcome to shop!', '1 thing to do', ''])
  })

  test('the kit must be sent when the host asks for it, and not otherwise', async () => {
    const { session, say, sent } = scripted('#!/bin/sh\n')
    expect(sent()).toBe('')
    say('need-kit\n')
    await expect.poll(sent).toBe('#!/bin/sh\n')
    say('0 . 0\n')
    await session.opening
  })

  test('a request must be written as one line and its payload', async () => {
    const { session, say, sent } = await opened()
    const payload = Buffer.from('{"a":"€"}\n')
    const reply = session.request({ ...ask, verb: 'note', words: ['7'], payload })
    await expect.poll(sent).toBe('1 12 note 7\n{"a":"€"}\n')
    say('1 . 76\n')
    expect(await reply).toEqual({ code: 76, lines: [] })
  })

  test('progress must arrive before the end, and lines as they were written', async () => {
    const { session, say } = await opened()
    const progress: string[] = []
    const reply = session.request({ ...ask, onProgress: (text) => progress.push(text) })
    say('1 > pulling\n1 | a  b \n1 |\n1 | \n1 > ')
    await expect.poll(() => progress).toEqual(['pulling'])
    say('done\n1 . 0\n')
    expect((await reply).lines).toEqual(['a  b ', '', ''])
    expect(progress).toEqual(['pulling', 'done'])
  })

  test('an answer must be the same however it is cut into pieces', async () => {
    const text = Buffer.from('0 > é€😀\n0 | línea\n0 | 0 . 0\n0 . 0\n')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length)), async (cuts) => {
        const { session, output } = scripted()
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        at.slice(1).forEach((end, index) => output.write(text.subarray(at[index], end)))
        expect(await session.opening).toEqual({ code: 0, lines: ['línea', '0 . 0'] })
      }),
      { numRuns: 50 },
    )
  })

  test('a second request while one is under way must be refused', async () => {
    const { session, say } = await opened()
    const first = session.request(ask)
    await expect(session.request(ask)).rejects.toThrow('one request at a time')
    say('1 . 0\n')
    await first
  })

  test('a word that is not safe must never be sent', async () => {
    const { session, sent } = await opened()
    await expect(session.request({ ...ask, words: ['a b'] })).rejects.toThrow('not a safe word')
    expect(sent()).toBe('')
  })

  test('a closed stream must break the link, now and later', async () => {
    const { session, output } = await opened()
    const reply = session.request(ask)
    output.destroy()
    await expect(reply).rejects.toBeInstanceOf(LinkBroken)
    await expect(session.request(ask)).rejects.toBeInstanceOf(LinkBroken)
    expect(session.isBroken).toBe(true)
  })

  test('a host that falls silent must break the link in time', async () => {
    const { session } = await opened()
    await expect(session.request({ ...ask, timeoutMs: 50 })).rejects.toThrow('no answer within')
    expect(session.isBroken).toBe(true)
  })

  test.each(['hello\n', '7 | late\n', '1 . done\n', '1 . \n', '1 : x\n'])(
    'an answer that breaks the protocol must be a bug: %j',
    async (line) => {
      const { session, say } = await opened()
      const reply = session.request(ask)
      say(line)
      await expect(reply).rejects.toThrow('broke the protocol')
      await expect(reply).rejects.not.toBeInstanceOf(LinkBroken)
    },
  )

  test('a host that never stops printing something else must be given up', async () => {
    const { session, say } = scripted()
    say('spam\n'.repeat(300))
    await expect(session.opening).rejects.toBeInstanceOf(LinkBroken)
  })
})
