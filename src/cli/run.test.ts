import { describe, expect, it } from 'vitest'
import { fakeSurroundings } from '../../tests/cli/surroundings.ts'
import { EXIT } from '../base/exit.ts'
import { type FailureExtras, defineFailure } from '../base/failure.ts'
import { type Command, defineCommand } from './commands/command.ts'
import { LEAVING, STOPPING } from './machine/interrupts.ts'
import { run } from './run.ts'
import type { Session } from './session.ts'

const broken = (exit: keyof typeof EXIT) =>
  defineFailure<object>({
    code: 'BROKEN',
    exit,
    message: () => 'the thing broke',
    hint: () => 'mend it',
  })

function commandThat(
  act: (session: Session) => Promise<number>,
  over: Partial<Command> = {},
): Command {
  return defineCommand({
    name: 'try',
    group: 'Look',
    summary: 'try it',
    details: [],
    arguments: [],
    flags: {},
    examples: [],
    changes: true,
    run: ({ session }) => act(session),
    ...over,
  })
}

const failing = (exit: keyof typeof EXIT, extras?: FailureExtras): Command =>
  commandThat(async () => {
    throw broken(exit)({}, extras)
  })

async function ends(command: Command, argv: readonly string[] = ['try']) {
  const around = fakeSurroundings(argv)
  const code = await run(around, [command])
  return { code, stdout: around.stdout.text(), stderr: around.stderr.text().trimEnd().split('\n') }
}

describe('a command that fails', () => {
  it.each([
    ['input', 2, 'Nothing was touched on any server.'],
    ['unavailable', 3, 'Nothing was touched on any server.'],
    ['rolledBack', 4, 'The release that served before serves.'],
    ['critical', 5, 'A person is needed: look at belay status before anything else.'],
    ['tests', 6, 'Nothing was touched on any server.'],
    ['build', 7, 'What serves was not touched.'],
  ] as const)(
    'ends with the code of %s, and says how the servers stand',
    async (exit, code, state) => {
      const end = await ends(failing(exit))
      expect(end.code).toBe(code)
      expect(end.stderr).toEqual(['error: the thing broke', 'hint: mend it', state])
    },
  )
  it('says nothing of servers when it could not have changed any', async () => {
    const reads = commandThat(
      async () => {
        throw broken('unavailable')({})
      },
      { changes: false },
    )
    expect((await ends(reads)).stderr).toEqual(['error: the thing broke', 'hint: mend it'])
  })
  it('shows evidence and causes between the message and the hint', async () => {
    const cause = new Error('no route', { cause: new Error('cable') })
    const end = await ends(failing('unavailable', { evidence: ['line 1'], cause }))
    expect(end.stderr.slice(0, 5)).toEqual([
      'error: the thing broke',
      '    line 1',
      '    because: no route',
      '    because: cable',
      'hint: mend it',
    ])
  })
  it('is one event and nothing else with --json', async () => {
    const end = await ends(failing('build'), ['try', '--json'])
    expect(end.stderr).toEqual([''])
    expect(JSON.parse(end.stdout).event).toEqual({
      type: 'failed',
      code: 'BROKEN',
      message: 'the thing broke',
      hint: 'mend it',
      evidence: [],
      details: {},
    })
    expect(end.code).toBe(7)
  })
  it('does not repeat what its run has told', async () => {
    const failure = broken('rolledBack')({})
    const told = commandThat(async ({ reporter }) => {
      const { code, message, hint } = failure
      reporter.tell({ type: 'failed', code, message, hint, evidence: [], details: {} })
      const end = { run: 'x', exit: EXIT.rolledBack, serving: 'r41', durationMs: 0 } as const
      reporter.tell({ type: 'run-finished', outcome: 'rolled-back', text: 'r41 serves', ...end })
      throw failure
    })
    expect((await ends(told)).stderr).toEqual([
      'error: the thing broke',
      'hint: mend it',
      'r41 serves (0.0s)',
    ])
  })
})

describe('progress', () => {
  const looking = (changes: boolean): Command =>
    commandThat(
      async ({ reporter }) => {
        reporter.tell({ type: 'progress', host: 'a', text: 'connecting' })
        reporter.answer({ of: 'x', data: 1, render: () => ['one'] })
        return 0
      },
      { changes },
    )
  it('of a command that only reads is no part of its answer as data', async () => {
    const { stdout } = await ends(looking(false), ['try', '--json'])
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout).event).toEqual({ type: 'answer', of: 'x', data: 1 })
  })
  it('of a run is told as it comes', async () => {
    const { stdout } = await ends(looking(true), ['try', '--json'])
    expect(JSON.parse(stdout.split('\n')[0] ?? '').event.type).toBe('progress')
  })
})

describe('a bug', () => {
  it('ends with 1, its stack, and how to report it', async () => {
    const bug = commandThat(async () => {
      throw new TypeError('x is not a function')
    })
    const { code, stderr } = await ends(bug)
    expect(code).toBe(1)
    expect(stderr[0]).toBe('error: Belay itself went wrong: x is not a function')
    expect(stderr.some((line) => /^ {4}\s+at .*run\.test\.ts/.test(line))).toBe(true)
    expect(stderr.join(' ')).toContain('Please report it with the lines above (Belay 1.2.3')
  })
  it('that nobody caught is told the same way, and leaves', async () => {
    const around = fakeSurroundings(['try'])
    await run(around, [commandThat(async () => 0)])
    around.uncaught(new Error('late'))
    expect(around.left).toEqual([1])
    expect(around.stderr.text()).toContain('Belay itself went wrong: late')
  })
  it('prints no secret', async () => {
    const bug = commandThat(async ({ secrets }) => {
      secrets.add('hunter2-hunter2')
      throw new Error('cannot use hunter2-hunter2')
    })
    const { stderr, stdout } = await ends(bug)
    expect(stderr.join('\n') + stdout).not.toContain('hunter2')
    expect(stderr[0]).toContain('cannot use •••')
  })
})

describe('an interrupt', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s lets the run end in order',
    async (signal) => {
      const around = fakeSurroundings(['try'])
      const patient = commandThat(async (session) => {
        around.interrupt(signal)
        expect(session.signal.aborted).toBe(true)
        session.reporter.tell({ type: 'warning', code: 'X', text: 'putting back' })
        return EXIT.interrupted
      })
      expect(await run(around, [patient])).toBe(130)
      expect(around.left).toEqual([])
      expect(around.stderr.text()).toBe(`warning: ${STOPPING}\nwarning: putting back\n`)
    },
  )
  it('the second leaves at once, and says who takes care now', async () => {
    const around = fakeSurroundings(['try'])
    const stubborn = commandThat(async () => {
      around.interrupt('SIGINT')
      around.interrupt('SIGTERM')
      return 0
    })
    await run(around, [stubborn])
    expect(around.left).toEqual([130])
    expect(around.stderr.text()).toContain(LEAVING)
  })
  it('of a command that only reads needs no words', async () => {
    const around = fakeSurroundings(['try'])
    const reads = commandThat(
      async () => {
        around.interrupt('SIGINT')
        return EXIT.interrupted
      },
      { changes: false },
    )
    expect(await run(around, [reads])).toBe(130)
    expect(around.stderr.text()).toBe('')
  })
  it('is what is told when the abort makes something else throw', async () => {
    const around = fakeSurroundings(['try'])
    const aborted = commandThat(async (session) => {
      around.interrupt('SIGINT')
      session.signal.throwIfAborted()
      return 0
    })
    expect(await run(around, [aborted])).toBe(130)
    expect(around.stderr.text()).toContain('belay try was interrupted')
  })
})

describe('the folder of -C', () => {
  it('must be there', async () => {
    const { code, stderr } = await ends(
      commandThat(async () => 0),
      ['try', '-C', 'no/such'],
    )
    expect(code).toBe(2)
    expect(stderr[0]).toBe('error: there is no folder /no/such')
  })
})
