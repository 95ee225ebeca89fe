import type { CommandResult, ContainerSample } from '../hosts/host.ts'
import { defineCheck, fail, pass, unknown, type Verdict, worst } from './check.ts'

type Nothing = Readonly<Record<string, never>>

/** The healthcheck of the compose file or the image passes, asked by Docker or by Belay itself. */
export const health = defineCheck<Nothing>({
  kind: 'health',
  title: () => 'health',
  needs: () => ({}),

  judge: ({ containers }, _, { containers: names, definition }) => {
    const mayEnd = definition?.role === 'job'
    return worst(names.map((name) => [name, judgeOne(containers[name], mayEnd)]))
  },
})

function judgeOne(now: ContainerSample | undefined, mayEnd: boolean): Verdict {
  if (now?.state !== 'running') return mayEnd ? pass('is a job') : unknown('does not run')
  // Newer than Docker's own opinion, which waits for its interval.
  if (now.healthCommand !== undefined) return judgeCommand(now.healthCommand, now.health)
  return BY_DOCKER[now.health]
}

const BY_DOCKER: Readonly<Record<ContainerSample['health'], Verdict>> = {
  healthy: pass('healthy'),
  unhealthy: fail('is unhealthy'),
  starting: unknown('has not been healthy yet'),
  none: pass('has no healthcheck'),
}

function judgeCommand({ code, output }: CommandResult, health: ContainerSample['health']): Verdict {
  const evidence = lines(output)
  switch (code) {
    case 0:
      return pass('healthy')
    case 124:
      return unknown('its healthcheck takes long', { evidence })
    case 125:
      return unknown('its healthcheck could not be run', { elsewhere: true, evidence })
    case 126:
    case 127:
      return fail('its healthcheck names a command that the image does not have', {
        final: true,
        evidence,
        hint: 'Install it in the image, or use a command that is there (many have no curl).',
      })
    default:
      return health === 'unhealthy'
        ? fail(`is unhealthy: its healthcheck ended with code ${code}`, { evidence })
        : unknown(`is not healthy yet: its healthcheck ended with code ${code}`, { evidence })
  }
}

function lines(output: string): readonly string[] {
  return output.split('\n').filter((line) => line.trim() !== '')
}
