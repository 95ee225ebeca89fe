import { describe, expect, it } from 'vitest'
import type { Host } from '../../../src/hosts/host.ts'
import type { Instruction } from '../../../src/plan/instruction.ts'
import type { TaskRecord } from '../../../src/plan/observed.ts'
import { type Bench, codeOf, failureOf, type Staged } from './bench.ts'

type Task = Extract<Instruction, { do: 'task' }>

/** Commands of a release that run once, in containers of their own. */
export function tasks(bench: () => Bench): void {
  describe('tasks', () => {
    it('run once for their release, are remembered, and leave no container', async () => {
      const { host, task, staged } = await ready(bench(), says('v2'))
      await host.act(bench().action([task]))
      await host.act(bench().action([task]))
      const seen = await host.observe()
      const record = { release: 'r1', name: 'task', state: 'ended', end: 0, said: 'v2' }
      expect(seen.tasks).toEqual([record])
      expect(seen.containers.map(({ name }) => name)).not.toContain(staged.container)
    })

    it('that fail say so, and the same when they are asked again', async () => {
      const { host, task } = await ready(bench(), ['sh', '-c', 'echo no luck; exit 3'])
      for (let n = 0; n < 2; n += 1) {
        const failure = await failureOf(host.act(bench().action([task])))
        expect(failure.code).toBe('ACTION_FAILED')
        expect(failure.evidence.join('\n')).toContain('task exited with 3')
      }
      expect(await recordOf(host, 'task')).toMatchObject({ end: 3, said: 'no luck' })
      await host.act(bench().action([{ ...task, lenient: true }]))
    })

    it('that hang are ended in time, and fail', async () => {
      const { host, task, staged } = await ready(bench(), ['sleep', '600'])
      const failure = await failureOf(host.act(bench().action([{ ...task, seconds: 1 }])))
      expect(failure.evidence.join('\n')).toContain('did not end within 1 s')
      expect(await recordOf(host, 'task')).toMatchObject({ end: 'late' })
      const { containers } = await host.observe()
      expect(containers.map(({ name }) => name)).not.toContain(staged.container)
    })

    it('that only look may look again', async () => {
      const { host, task } = await ready(bench(), says('v1'))
      const look = { ...task, again: true } as const
      await host.act(bench().action([look]))
      await host.act(bench().action([], { stage: now(bench(), says('v2')) }))
      await host.act(bench().action([look]))
      expect(await recordOf(host, 'task')).toMatchObject({ said: 'v2' })
    })

    it('that undo another run only when that was started', async () => {
      const { host, task } = await ready(bench(), says('x'))
      const undo = { ...task, name: 'undo', after: 'task' }
      await host.act(bench().action([undo]))
      expect(await recordOf(host, 'undo')).toBeUndefined()
      await host.act(bench().action([task, undo]))
      expect(await recordOf(host, 'undo')).toMatchObject({ state: 'ended' })
    })

    it('run when two others said different things, and not when they said the same', async () => {
      const { host, task } = await ready(bench(), says('v1'))
      const looks = (name: string): Task => ({ ...task, name })
      const undo: Task = { ...task, name: 'undo', moved: ['before', 'now'] }
      await host.act(bench().action([looks('before'), undo, looks('now'), undo]))
      expect(await recordOf(host, 'undo')).toBeUndefined()
      await host.act(bench().action([], { stage: now(bench(), says('v2')) }))
      await host.act(bench().action([{ ...looks('now'), again: true }, undo]))
      expect(await recordOf(host, 'undo')).toMatchObject({ state: 'ended' })
    })

    it('that never began need no ending, and those that ended stay as they did', async () => {
      const { host, task } = await ready(bench(), says('v2'))
      const { project, file, service, name } = task
      const end = { do: 'end-task', project, file, service, name } as const
      await host.act(bench().action([end]))
      expect(await recordOf(host, 'task')).toBeUndefined()
      await host.act(bench().action([task, end]))
      expect(await recordOf(host, 'task')).toMatchObject({ state: 'ended', end: 0 })
    })

    it('are forgotten with their release', async () => {
      const { host, task } = await ready(bench(), says('v2'))
      await host.act(bench().action([task, { do: 'forget', release: 'r1' }]))
      expect((await host.observe()).tasks).toEqual([])
      expect(await codeOf(host.act(bench().action([task])))).toBe('ACTION_FAILED')
    })
  })
}

function says(text: string): readonly string[] {
  return ['sh', '-c', `echo ${text}; exit 0`]
}

/** The same release, whose command does something else by now; its records stay. */
function now(bench: Bench, command: readonly string[]): Staged['stage'] {
  return { ...bench.release('r1', command).stage, from: 'r1' }
}

async function ready(
  bench: Bench,
  command: readonly string[],
): Promise<{ host: Host; task: Task; staged: Staged }> {
  const host = await bench.leased()
  const staged = bench.release('r1', command)
  await host.act(bench.action([], { stage: staged.stage }))
  const project = bench.named('r1')
  const file = 'releases/r1/compose.json'
  const task: Task = { do: 'task', project, file, service: 'web', name: 'task', seconds: 30 }
  return { host, task, staged }
}

async function recordOf(host: Host, wanted: string): Promise<TaskRecord | undefined> {
  return (await host.observe()).tasks.find(({ name }) => name === wanted)
}
