import type { GuaranteeId, Named } from './named.ts'
import { OF_REQUESTS } from './mutations-of-requests.ts'
import { OF_THE_KIT } from './mutations-of-the-kit.ts'

/** A mechanism that is taken out of the product, and the test that must fail without it. */
export interface Mutation {
  /** The guarantee that would be none without it. */
  readonly of: GuaranteeId
  readonly without: string
  readonly file: string
  /** What stands in the file, once, and what is put there instead. */
  readonly from: string
  readonly to: string
  readonly fails: Named
}

/** All of them are tried by `npm run mutate`, each in a copy of the repository. */
export const MUTATIONS: readonly Mutation[] = [
  ...OF_THE_KIT,
  {
    of: 'all-or-nothing',
    without: 'seeing that a host missed the commit of the others',
    file: 'src/operations/recovery/left.ts',
    from: 'fleet.names.filter((host) => willServe(fleet, host) !== wanted)',
    to: 'fleet.names.filter(() => false)',
    fails: {
      file: 'tests/simulation/resume.test.ts',
      name: 'does not run a job again there, as it ran before the others were told',
    },
  },
  {
    of: 'all-or-nothing',
    without: 'ending a run on all hosts side by side',
    file: 'src/pipeline/next.ts',
    from: 'return moves.length > 0 ? moves :',
    to: 'return moves.length > 0 ? moves.slice(0, 1) :',
    fails: {
      file: 'tests/simulation/slow-host.test.ts',
      name: 'one slow host does not keep the others from going back',
    },
  },
  {
    of: 'recovery',
    without: 'ending what was left, before anything else',
    file: 'src/operations/recovery/resume.ts',
    from: 'return await recover(world, fleet)',
    to: 'return fleet',
    fails: {
      file: 'tests/simulation/resume.test.ts',
      name: 'can be killed at any exchange, and be resumed',
    },
  },
  {
    of: 'requests',
    without: 'hosts that serve the release already being left alone by a rollback',
    file: 'src/operations/rollback.ts',
    from: 'observed.filter(({ current }) => current !== id)',
    to: 'observed',
    fails: {
      file: 'tests/simulation/findings.test.ts',
      name: 'leaves the hosts alone that serve the release already',
    },
  },
  {
    of: 'lease',
    without: 'giving back the hosts after one that is waited for',
    file: 'src/operations/run/leases.ts',
    from: 'names: again.filter((name) => observed.delete(name))',
    to: 'names: []',
    fails: {
      file: 'src/operations/run/leases.test.ts',
      name: 'must not be held on a host while one before it is waited for',
    },
  },
  ...OF_REQUESTS,
  {
    of: 'all-or-nothing',
    without: 'the anchor, whose commit is the fleet’s',
    file: 'src/pipeline/next.ts',
    from: "  if (wish === 'commit' && anchor !== undefined && !anchor.asked) return [decide(anchor, wish)]\n",
    to: '',
    fails: {
      file: 'src/pipeline/next.test.ts',
      name: 'must ask the anchor first for a commit, and the others only after it',
    },
  },
  {
    of: 'all-or-nothing',
    without: 'a commit that was asked for being waited for, whatever happens meanwhile',
    file: 'src/pipeline/next.ts',
    from: "  if (anchor?.askedFor === 'commit') return 'commit'\n",
    to: '',
    fails: {
      file: 'src/pipeline/next.test.ts',
      name: 'must not let an interruption overtake a commit that the anchor was asked for',
    },
  },
  {
    of: 'all-or-nothing',
    without: 'a failure on one host that takes all back',
    file: 'src/pipeline/next.ts',
    from: "  if (facts.broken) return 'rollback'\n",
    to: '',
    fails: {
      file: 'src/pipeline/next.test.ts',
      name: 'must go back everywhere when one host fails, also where all went well',
    },
  },
  {
    of: 'watchdog',
    without: 'the watchdog being armed with the first change',
    file: 'src/operations/run/carry-out.ts',
    from: '{ arm: armingOf(plan, hostPlan, run), about: aboutRun(execution) }',
    to: '{ about: aboutRun(execution) }',
    fails: {
      file: 'tests/simulation/deploy.test.ts',
      name: 'rolls back to the release before, forward again by a deployment, and restarts',
    },
  },
  {
    of: 'proof',
    without: 'patience that a Docker that hangs does not use up',
    file: 'src/checks/proof/until.ts',
    from: 'Math.min(course.silentMs, SILENCE_MS)',
    to: '0',
    fails: {
      file: 'src/checks/proof/until.test.ts',
      name: 'must not use up the patience of a release: Docker hangs, and the proxy for a moment more',
    },
  },
  {
    of: 'proof',
    without: 'unknown counting as not good',
    file: 'src/checks/proof/until.ts',
    from: "verdicts.every(({ verdict }) => verdict === 'pass')",
    to: "verdicts.every(({ verdict }) => verdict !== 'fail')",
    fails: { file: 'src/checks/proof/until.test.ts', name: 'must never take unknown for good' },
  },
]

/** The text without the mechanism. It must stand there once, or nobody knows what was tried. */
export function mutated(text: string, { file, from, to }: Mutation): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`)
  return parts.join(to)
}
