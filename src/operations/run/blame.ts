import { Failure } from '../../base/failure.ts'
import type { Plan } from '../../plan/plan.ts'
import { type Fleet, hostNamed } from '../fleet.ts'
import { hasCode, messageOf } from '../messages.ts'

/** As far back as a run's own decision may lie when it is looked for. */
const LINES = 50

/**
 * Marks a release bad on every host if it gave the wrong answer itself; says whether. A cut link, a
 * Ctrl-C, a host in trouble or a container that somebody took away say nothing about it; nor does what
 * is found after the host's watchdog has taken it down, as of a deployer that was stopped meanwhile.
 */
export async function blame(
  fleet: Fleet,
  { plan, run, cause }: { plan: Plan; run: string; cause: unknown },
): Promise<boolean> {
  if (!isItsFault(cause) || !(await stoodTill(fleet, run, cause))) return false
  const { id } = plan.release
  await Promise.allSettled(
    fleet.names.map((name) =>
      hostNamed(fleet, name).act({
        number: 900,
        title: `mark ${id} bad`,
        guard: 'none',
        instructions: [{ do: 'mark', release: id, mark: 'bad', reason: messageOf(cause) }],
        timeoutSeconds: 30,
      }),
    ),
  )
  return true
}

function isItsFault(cause: unknown): cause is Failure {
  if (hasCode(cause, 'NOT_PROVED')) return true
  return hasCode(cause, 'ACTION_FAILED') && detailOf(cause, 'blame') === 'release'
}

/** Whether this run itself decided on the host where the release failed: it stood until then. */
async function stoodTill(fleet: Fleet, run: string, cause: Failure): Promise<boolean> {
  const host = fleet.hosts.get(String(detailOf(cause, 'host')))
  if (host === undefined) return false
  try {
    const entries = await host.journal(LINES)
    return entries.some(({ note }) => note.type === 'decide' && note['run'] === run)
  } catch {
    return false
  }
}

function detailOf({ details }: Failure, key: string): unknown {
  return typeof details === 'object' && details !== null ? Reflect.get(details, key) : undefined
}
