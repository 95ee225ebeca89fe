import type { ResourcesSettings } from '../config/checks/resources.ts'
import { failing } from './asking/answer.ts'
import type { Wrong } from './asking/wrong.ts'
import { readUse, type Use, USE_SCRIPT } from './asking/use.ts'
import { defineFinder, pass, unknown, type Verdict } from './check.ts'

/** A service's containers, or the host, take no more than they may. */
export const resources = defineFinder<ResourcesSettings>({
  kind: 'resources',
  title: ({ of, memory, cpu, disk }) => {
    const parts = Object.entries({ memory, cpu, disk }).flatMap(([what, share]) =>
      share === undefined ? [] : [`${what} ≤ ${share}%`],
    )
    return `${of === 'host' ? 'host ' : ''}${parts.join(', ')}`
  },

  find: async (means, settings, { containers }) => {
    const asked = settings.of === 'host' ? [] : containers
    const seconds = String(Math.ceil(settings.timeoutMs / 1000))
    const argv = ['sh', '-c', USE_SCRIPT, 'sh', seconds, ...asked]
    const { code, stdout, stderr } = await means.run(argv)
    if (code !== 0) {
      const evidence = (stderr === '' ? stdout : stderr).split('\n').slice(-5)
      return unknown('could not be measured', { elsewhere: true, evidence })
    }
    return judge(readUse(stdout), settings, asked)
  },
})

function judge(use: Use, settings: ResourcesSettings, containers: readonly string[]): Verdict {
  const { memory, cpu, disk } = settings
  const measured = [
    ...(settings.of === 'host'
      ? [compared('memory', memory, use.memory), compared('cpu', cpu, use.cpu)]
      : containers.flatMap((name) => {
          const own = use.containers[name]
          return [
            compared(`memory of ${name}`, memory, own?.memory),
            compared(`cpu of ${name}`, cpu, own?.cpu),
          ]
        })),
    compared('disk', disk, use.disk),
  ]
  const wrongs = measured.filter((each) => each !== undefined && each !== 'unknown')
  if (wrongs.length > 0) return failing(wrongs, [])
  // What was not measured is not below its limit.
  if (measured.includes('unknown')) return unknown('could not be measured', { elsewhere: true })
  return pass('within the limits')
}

/** The text says no figure: it must not change with each look. */
function compared(
  what: string,
  limit: number | undefined,
  share: number | undefined,
): Wrong | 'unknown' | undefined {
  if (limit === undefined) return undefined
  if (share === undefined) return 'unknown'
  if (share <= limit) return undefined
  const expected = `at most ${limit}%`
  return { text: `takes more ${what} than ${limit}%`, what, expected, got: `${share}%` }
}
