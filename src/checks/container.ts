import type { ContainerSample } from '../hosts/host.ts'
import { defineCheck, fail, pass, unknown, type Verdict, worst } from './check.ts'

type Nothing = Readonly<Record<string, never>>

/** The containers run, and are the same runs as at the look before. A job has ended well. */
export const container = defineCheck<Nothing>({
  kind: 'container',
  title: () => 'container',
  needs: () => ({}),

  judge: ({ containers, before }, _, { containers: names, definition }) => {
    const judge = definition?.role === 'job' ? judgeJob : judgeLasting
    return worst(names.map((name) => [name, judge(containers[name], before?.[name])]))
  },
})

function judgeLasting(now: ContainerSample | undefined, before?: ContainerSample): Verdict {
  switch (now?.state) {
    case 'running':
      return before !== undefined && before.restarts !== now.restarts
        ? fail('restarted by itself')
        : pass('running')
    case 'created':
      return unknown('is not started yet')
    case 'paused':
      return fail('is paused', { elsewhere: true, hint: PAUSED })
    case 'restarting':
      return fail(`keeps restarting, ${ending(now)}`, { final: true, evidence: now.lastLines })
    case 'exited':
    case 'dead':
      if (now.endedWithDocker === true) {
        return fail('ended when Docker was restarted', { final: true, elsewhere: true })
      }
      if (now.wasStopped === true) {
        const text = `somebody stopped the container: it ${ending(now)}`
        return fail(text, { final: true, elsewhere: true })
      }
      return fail(ending(now), { final: true, evidence: now.lastLines, ...hintOf(now) })
    case 'missing':
    case undefined:
    default:
      return fail('is gone: somebody removed the container', { final: true, elsewhere: true })
  }
}

const PAUSED = 'Somebody ran `docker pause`: `docker unpause` it.'

function judgeJob(now: ContainerSample | undefined): Verdict {
  if (now?.state === 'exited' && now.exitCode === 0) return pass('ended with code 0')
  if (now?.state === 'running') return unknown('has not ended yet')
  return judgeLasting(now)
}

function ending({ exitCode, outOfMemory }: ContainerSample): string {
  if (outOfMemory) return `was killed, as it took more memory than it may (code ${exitCode})`
  return `exited with code ${exitCode}${MEANINGS[exitCode] ?? ''}`
}

/** Codes that a shell or the kernel gives, not the app. */
const MEANINGS: Readonly<Record<number, string>> = {
  126: ': its command cannot be executed',
  127: ': its command was not found',
  137: ': it was killed',
  139: ': it crashed (segmentation fault)',
  143: ': it was told to stop',
}

function hintOf({ outOfMemory, exitCode }: ContainerSample): { hint?: string } {
  if (outOfMemory) return { hint: 'Raise the memory limit in the compose file, or use less.' }
  if (exitCode !== 0) return {}
  const hint = 'A service that ends by itself when its work is done is a job: say `role: job`.'
  return { hint }
}
