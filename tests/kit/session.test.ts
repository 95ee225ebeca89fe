import { createHash, randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bootstrapArgv, KIT } from '../../src/hosts/kit/kit.ts'
import { quote } from '../../src/hosts/shell.ts'
import { Rig, SHELLS, answerOf, section } from './rig.ts'

const timeoutMs = 10_000

describe.each(SHELLS)('a session under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
  })
  afterEach(() => rig.close())

  test('the kit must be asked for where it is missing, and once only', async () => {
    rmSync(rig.kit)
    for (const expected of ['need-kit', '0 | @facts']) {
      const { session, child } = rig.session()
      const said: string[] = []
      child.stdout?.on('data', (chunk: Buffer) => said.push(...chunk.toString().split('\n')))
      expect((await session.opening).code).toBe(0)
      expect(said[0]).toBe(expected)
    }
  })

  test('a kit that did not arrive whole must be refused and not be kept', async () => {
    rmSync(rig.kit)
    const [, ...argv] = bootstrapArgv({ app: 'shop', environment: 'production' })
    const child = rig.spawn(argv)
    child.stdin?.end(Buffer.concat([KIT.bytes.subarray(0, -1), Buffer.from('!')]))
    const { lines } = await answerOf(child)
    expect(lines.at(-1)).toBe('0 . 75')
    expect(lines).toContain('0 | the kit did not arrive whole')
    expect(existsSync(rig.kit)).toBe(false)
  })

  test('the first answer must be what the host looks like', async () => {
    const { session } = rig.session()
    const answer = await session.opening
    expect(section(answer, '@facts')).toContain('compose 2.26.1')
    expect(section(answer, '@epoch')).toEqual(['0'])
  })

  test('payloads of any bytes must arrive whole, and the next request after them', async () => {
    const { session } = rig.session()
    await session.opening
    for (const size of [1, 4095, 65_537, 1_000_003]) {
      const payload = randomBytes(size)
      payload[0] = 10
      const words = [`run${size}`]
      const stored = await session.request({ verb: 'put-receipt', words, payload, timeoutMs })
      expect(stored).toEqual({ code: 0, lines: [] })
      const sum = createHash('sha256')
        .update(rig.read(`runs/run${size}.json`))
        .digest('hex')
      expect(sum).toBe(createHash('sha256').update(payload.toString()).digest('hex'))
    }
  })

  test('text without a newline at its end must come back with its end', async () => {
    const { session } = rig.session()
    await session.opening
    const payload = Buffer.from('{"a":"é€"}\n{"b":" "}')
    await session.request({ verb: 'put-receipt', words: ['run1'], payload, timeoutMs })
    const read = await session.request({ verb: 'receipt', words: ['run1'], timeoutMs })
    expect(read).toEqual({ code: 0, lines: ['{"a":"é€"}', '{"b":" "}'] })
    expect((await session.request({ verb: 'receipt', words: ['run2'], timeoutMs })).code).toBe(80)
  })

  test('a verb that the kit does not know must be 70', async () => {
    const { session } = rig.session()
    await session.opening
    const answer = await session.request({ verb: 'dance', words: ['1'], timeoutMs })
    expect(answer).toEqual({ code: 70, lines: ['this kit does not know the verb dance'] })
  })

  test.each(['1 0 note $(id)\n', '1 0 note `id`\n', '1 0 note a;b\n', '1 x note\n', 'é 0 note\n'])(
    'a line that is no request must end the session: %j',
    async (line) => {
      const { session, child } = rig.session()
      await session.opening
      child.stdin?.write(line)
      const [code] = await new Promise<[number]>((done) => child.on('close', (c) => done([c ?? 1])))
      expect(code).toBe(0)
      expect(existsSync(rig.state)).toBe(true)
    },
  )

  test('a request whose payload was cut off must be as if it had never been sent', async () => {
    const epoch = await rig.acquire()
    const { session, child } = rig.session()
    await session.opening
    const before = rig.journal.length
    child.stdin?.end(`1 100 note ${epoch}\n{"type":"half"}`)
    await new Promise((done) => child.on('close', done))
    expect(rig.journal).toHaveLength(before)
  })

  test('a payload that finds no room must be told, and the session go on', async () => {
    // Half a megabyte: for whatever is written, that is a full disk.
    const { session } = rig.session('ulimit -f 1000')
    await session.opening
    const payload = randomBytes(1_000_003)
    const answer = await session.request({
      verb: 'put-receipt',
      words: ['run1'],
      payload,
      timeoutMs,
    })
    expect(answer.code).toBe(75)
    expect((await session.request({ verb: 'observe', words: [], timeoutMs })).code).toBe(0)
  })

  test('an action must be carried through when the link breaks under it', async () => {
    const epoch = await rig.acquire()
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '0.5')
    const { session, child } = rig.session()
    await session.opening
    const payload = '{"type":"x"}\nstart web\nroute shop-web b\n\n'
    child.stdin?.write(`1 ${payload.length} do ${epoch} 1 none 20\n${payload}`)
    await expect.poll(() => rig.has('doing'), { timeout: 5000 }).toBe(true)
    child.stdout?.destroy()
    child.stdin?.destroy()
    process.kill(-(child.pid ?? 0), 'SIGHUP')
    await expect.poll(() => rig.has(`results/${epoch}-1`), { timeout: 8000 }).toBe(true)
    expect(rig.token('shop-web')).toEqual(['b'])
    expect(rig.read(`results/${epoch}-1`)).toBe('0\n')
  })

  test('nothing of a session may stay behind', async () => {
    const { session, child } = rig.session()
    await session.opening
    child.stdin?.end()
    await new Promise((done) => child.on('close', done))
    expect(existsSync(`${rig.state}/work/${child.pid}`)).toBe(false)
  })

  test('names that could lead elsewhere must be refused', async () => {
    for (const name of ['../x', 'a b', 'A', '', 'a/b', '$x']) {
      const child = rig.spawn([rig.kit, 'once', 'shop', name, 'observe'])
      expect((await answerOf(child)).code).toBe(70)
    }
    for (const word of ['run/../../x', '..', '-x', 'a b', "a'b", 'a\nb']) {
      expect((await rig.once(['receipt', word])).code).toBe(70)
    }
  })
})

describe('the bootstrap', () => {
  test('it must hold nothing that a login shell could take for its own', () => {
    const [, , script = ''] = bootstrapArgv({ app: 'shop', environment: 'production' })
    expect(script).not.toMatch(/['!\\#]/)
    expect(quote(['sh', '-c', script])).toBe(`sh -c '${script}'`)
  })
})
