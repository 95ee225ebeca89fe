import type { GuaranteeId, Named } from './named.ts'

export interface Guarantee {
  readonly id: GuaranteeId
  readonly promise: string
  readonly faults: readonly string[]
  readonly tests: readonly Named[]
}

const e2e = (file: string, name: string): Named => ({ file: `tests/e2e/${file}.test.ts`, name })
const kit = (file: string, name: string): Named => ({ file: `tests/kit/${file}.test.ts`, name })
const simulated = (file: string, name: string): Named => ({
  file: `tests/simulation/${file}.test.ts`,
  name,
})

const chaos = (name: string): Named => ({ file: 'tests/chaos/quick.test.ts', name })

export const GUARANTEES: readonly Guarantee[] = [
  {
    id: 'requests',
    promise: 'No request is lost while a release replaces another, or is put back.',
    faults: [
      'each rollout, under clients that never ask twice: over keep-alive connections and over HTTP/2',
      'bodies that arrive slowly, answers that take 5 s, answers in chunks',
      'a release that does not prove itself, starts or ends slowly, ignores SIGTERM, or never listens',
      'open WebSockets and server-sent events',
      'the deployer killed once traffic has moved, and its run ended by the watchdog or by the next run',
    ],
    tests: [
      e2e(
        'deploy/load',
        'must lose no request while a release replaces another, and one is put back, by %s',
      ),
      e2e(
        'deploy/killed',
        'must not be lost while the watchdog ends its run, nor while the next one does, by %s',
      ),
      e2e('deploy/hand-over', 'must lose no request, and never run two of what writes'),
      chaos(
        'a deployer killed during any request that changes something must be taken over, nothing lost',
      ),
      e2e('deploy/hand-over', 'must answer the requests that waited for it from the old one'),
      e2e(
        'deploy/staying-open',
        'must be kept by the old release for its drain, and then be ended by it',
      ),
      e2e('deploy/staying-open', 'must not delay a hand-over, and be ended by the app that goes'),
      { file: 'src/plan/patience.test.ts', name: 'must be longer than any start that is allowed' },
      e2e('proxy/traffic', 'must lose no request of 50 keep-alive connections in 120 moves'),
      e2e('proxy/traffic', 'must lose no POST that is sent at that very moment'),
    ],
  },
  {
    id: 'all-or-nothing',
    promise: 'All servers get the new release, or all keep the old one.',
    faults: [
      'a host that fails',
      'a watchdog that is first',
      'an interruption at any moment',
      'a commit whose answer is lost',
      'a host that misses the commit',
      'a host that is slow',
    ],
    tests: [
      e2e('deploy/fleet', 'must both serve the old release when the second one fails the new'),
      e2e('deploy/resume', 'a host that missed the confirm of the others must follow it'),
      simulated('resume', 'follows it, though its watchdog went back ($rollout)'),
      simulated('slow-host', 'one slow host does not keep the others from going back'),
      simulated(
        'findings',
        'that is interrupted, at any moment, leaves the world as it was or is confirmed',
      ),
      {
        file: 'src/pipeline/next.test.ts',
        name: 'must go back everywhere when one host fails, also where all went well',
      },
    ],
  },
  {
    id: 'recovery',
    promise:
      'A run that was cut off is ended by the host, or by the next run, on a proved release.',
    faults: [
      'the deployer dies before and after each request (tables below)',
      'power cut in the middle of a decision',
      'at every journal entry and instruction: a power cut, a clock that is set, a watchdog killed',
      'there, too: a container stopped or removed by hand',
      'each request heard twice, or again much later',
      'several of all these at once, with two deployers and up to three hosts, in 10,000 seeds',
      'a torn or damaged journal',
      'a Docker that hangs, for a moment or for long',
      'a prune, an image, a container or a release’s folder removed, between two runs and during one',
    ],
    tests: [
      e2e(
        'deploy/resume',
        'what a killed deployer left must be ended and proved, and nothing else done',
      ),
      simulated(
        'resume',
        'resume ends on one of the two worlds, whichever exchange the deployer dies at (%s)',
      ),
      simulated('resume', 'can be killed at any exchange, and be resumed'),
      simulated(
        'crashes',
        'ends on a proved release by itself when the deployer dies, after any exchange',
      ),
      simulated(
        'crashes',
        'lets the next deployment go on when the deployer dies before any exchange',
      ),
      simulated('deploy', 'goes back from every instruction that can fail, to the very same world'),
      simulated('moments', 'leaves a proved release serving when %s, at any moment'),
      simulated('moments', 'is confirmed although a request is heard of %s, whichever it is'),
      simulated(
        'seeds/seeds',
        'whatever goes wrong, clients are served and the next deployment works',
      ),
      simulated('seeds/flaws', 'a test of the tests: seeds find out'),
      e2e('deploy/lease', 'a deployer that is killed must be told of, and who ended its run'),
      e2e(
        'deploy/bad-server',
        'a damaged journal line must be told, and stand in the way of nothing',
      ),
      e2e(
        'deploy/meddled',
        'a Docker that hangs must be told in time, and be waited for by who is at work',
      ),
      kit('act', 'it must end when Docker hangs under it, and be told from one that takes long'),
      e2e(
        'deploy/meddled',
        'a rollback to what a prune took must be refused, and a deployment bring it anew',
      ),
      e2e(
        'deploy/meddled',
        'a prune in the middle of a run must not stop it, nor a name that an image loses',
      ),
      chaos('what is promised under a fault must hold: %s'),
      kit('journal', 'damage in the middle must be told by number, in new lines and in old ones'),
      kit('durable', 'a release and what is pending must be, and the decision after it'),
    ],
  },
  {
    id: 'watchdog',
    promise: 'Unless it is confirmed in time, the host itself puts the old release back.',
    faults: [
      'the deployer gone',
      'a reboot',
      'Docker down',
      'the host’s watchdog killed, so that the one in the container acts',
      'a renewal or a confirm at the last moment',
    ],
    tests: [
      kit('watch', 'it must go back once the lease has lapsed, and tell the journal'),
      kit('watch', 'another boot must count as lapsed'),
      kit('watch', 'a confirmed run must be finished, never taken back, when its deployer died'),
      kit('watch', 'it must go back with routes alone after the host watchdog died'),
      kit('watch', 'beside the host watchdog nobody may act twice'),
      chaos('what nobody comes for must be put back by the server, nothing lost'),
      kit('decide', 'commit and rollback at once: one wins, both are told it, 30 times'),
      e2e(
        'deploy/reboot',
        'data must survive deployments, restarts and a reboot, and what serves must come back',
      ),
    ],
  },
  {
    id: 'lease',
    promise: 'One run at a time; who lost the lease changes nothing any more.',
    faults: [
      'two deployers at once',
      'a lease that is stolen',
      'a deployer that was stopped for longer than its lease',
      'a clock that moved',
      'a reboot',
    ],
    tests: [
      kit('lease', 'it must lapse by uptime alone, and the next epoch fence the old one'),
      kit('lease', 'of two that ask at once exactly one must get it'),
      simulated(
        'crashes',
        'survives a deployer that stops for longer than its lease, at any exchange',
      ),
      simulated(
        'deploy',
        'whose lease is stolen, at any moment, ends and leaves the hosts to the thief',
      ),
      e2e('deploy/lease', 'of two deployments at once, one must be done and the other refused'),
      e2e(
        'deploy/lease',
        'whoever steals a lease must win, and the robbed run must change nothing more',
      ),
      e2e('deploy/lease', 'whoever waits must come next'),
    ],
  },
  {
    id: 'link',
    promise:
      'A connection that breaks is made again, and what became of a step is asked, not guessed.',
    faults: [
      'each message lost before and after it took effect',
      'a link that never comes back',
      'a request cut off midway',
    ],
    tests: [
      simulated('crashes', 'is deployed all the same when a link breaks (%s, at any exchange)'),
      e2e(
        'transport',
        'and never comes back must leave the outcome open, and the work carried through',
      ),
      kit('act', 'it must happen once for its number, however often it is asked'),
      kit('session', 'an action must be carried through when the link breaks under it'),
      kit('session', 'a request whose payload was cut off must be as if it had never been sent'),
    ],
  },
  {
    id: 'proof',
    promise:
      'A release is kept only when it has proved itself; what could not be told is not good.',
    faults: [
      'images that exit, never become healthy, answer 500, start too slowly',
      'checks that cannot be asked',
      'restarts between two looks',
      'a container that somebody stops or removes meanwhile, which says nothing against it',
    ],
    tests: [
      { file: 'src/checks/proof/until.test.ts', name: 'must never take unknown for good' },
      {
        file: 'src/checks/proof/until.test.ts',
        name: 'must not be proved when it restarted between two looks',
      },
      e2e(
        'deploy/one-host',
        'what failed must leave the old release as it was, and not be tried again unasked',
      ),
      e2e(
        'deploy/meddled',
        'a new container that meets `docker %s` must not make its release a bad one',
      ),
      e2e(
        'deploy/reboot',
        'a rollback that fails must be a critical end that says what a person must do',
      ),
    ],
  },
]
