import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { killGroup, runProcess, startProcess } from './process.ts'

const options = { env: { PATH: '/usr/bin:/bin' }, timeoutMs: 10_000 }

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

describe('runProcess', () => {
  test('it must return both outputs and the exit code', async () => {
    const ended = await runProcess(['sh', '-c', 'echo out; echo err >&2; exit 3'], options)
    expect(ended).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n', how: 'exit' })
  })

  test('a program must see nothing but the environment it is given', async () => {
    const ended = await runProcess(['env'], { ...options, env: { PATH: '/usr/bin:/bin', A: 'b' } })
    expect(ended.stdout.split('\n').filter(Boolean).sort()).toEqual(['A=b', 'PATH=/usr/bin:/bin'])
  })

  test('standard input must be closed unless something is given', async () => {
    expect((await runProcess(['cat'], options)).stdout).toBe('')
    const bytes = await runProcess(['cat'], { ...options, input: Buffer.from('a\nb') })
    expect(bytes.stdout).toBe('a\nb')
    const streamed = await runProcess(['cat'], { ...options, input: Readable.from(['x', 'y']) })
    expect(streamed.stdout).toBe('xy')
  })

  test('a program that does not read its input must not be an error', async () => {
    const input = Buffer.alloc(1024 * 1024)
    expect((await runProcess(['true'], { ...options, input })).code).toBe(0)
  })

  test('a missing program must be told apart', async () => {
    const ended = await runProcess(['no-such-program-belay'], options)
    expect(ended).toMatchObject({ code: 127, how: 'missing' })
  })

  test('a program that outlives its time must be ended, with its children', async () => {
    const started = performance.now()
    // The sleeping child holds the output open: only its end lets this return.
    const ended = await runProcess(['sh', '-c', 'sleep 20 &'], { ...options, timeoutMs: 200 })
    expect(ended).toMatchObject({ code: 124, how: 'timeout' })
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  test('of a program that ends whole, nothing must be left, whatever it started', async () => {
    const marks = await mkdtemp(join(tmpdir(), 'belay-whole-'))
    const deaf = 'trap "" TERM; echo $$ >$0/deaf; while :; do sleep 0.1; done'
    const script = `sh -c '${deaf}' $0 & while ! [ -s $0/deaf ]; do sleep 0.05; done; echo out; exit 5`
    const ended = await runProcess(['sh', '-c', script, marks], { ...options, endsWhole: true })
    expect(ended).toMatchObject({ code: 5, how: 'exit', stdout: 'out\n' })
    const pid = Number(await readFile(join(marks, 'deaf'), 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
    await rm(marks, { recursive: true })
  })

  test('one that left the group and holds the output must not be waited for', async () => {
    const script = 'setsid sleep 30 & exit 4'
    const started = performance.now()
    const ended = await runProcess(['sh', '-c', script], { ...options, endsWhole: true })
    expect(ended).toMatchObject({ code: 4, how: 'exit' })
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  test('a program that prints without end must not be kept, only told', async () => {
    let lines = 0
    const onLine = (): void => void lines++
    const script = 'yes | head -n 100000'
    const ended = await runProcess(['sh', '-c', script], {
      ...options,
      onLine,
      keepsNothing: true,
      outputMaxBytes: 1000,
    })
    expect([ended.how, ended.stdout, lines]).toEqual(['exit', '', 100_000])
  })

  test('an abort must end the program', async () => {
    const signal = AbortSignal.timeout(100)
    const ended = await runProcess(['sleep', '20'], { ...options, signal })
    expect(ended.how).toBe('aborted')
  })

  test('output must be bounded', async () => {
    const ended = await runProcess(['yes'], { ...options, outputMaxBytes: 100_000 })
    expect(ended.how).toBe('too-much')
    expect(ended.stdout.length).toBeLessThanOrEqual(100_000)
  })

  test('lines must arrive whole, the last one and rewritten ones too', async () => {
    const lines: string[] = []
    const onLine = (line: string): unknown => lines.push(line)
    await runProcess(['sh', '-c', 'printf "a\\rb\\nc"; sleep 0.1; printf d'], {
      ...options,
      onLine,
    })
    expect(lines).toEqual(['a', 'b', 'cd'])
  })
})

describe('startProcess', () => {
  test('the program must lead a group of its own, so that Ctrl-C does not reach it', async () => {
    const child = startProcess(['sh', '-c', 'ps -o pgid= -p $$ || echo $$'], options)
    const text = await new Promise((resolve) => child.stdout!.once('data', resolve))
    expect(Number(String(text))).toBe(child.pid)
    killGroup(child, 'SIGKILL')
  })
})
