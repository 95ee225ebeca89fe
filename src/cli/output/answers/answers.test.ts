import { describe, expect, it } from 'vitest'
import { SAMPLE_EVENTS } from '../../../../tests/cli/sample-events.ts'
import type { HistoryReport } from '../../../operations/look/history.ts'
import type { RunSummary } from '../../../operations/look/journals.ts'
import type { HostStatus, StatusReport } from '../../../operations/look/status.ts'
import { PLAIN } from '../style.ts'
import { renderCheck } from './check.ts'
import { renderDoctor } from './servers/doctor.ts'
import { renderHistory } from './history.ts'
import { renderBrokenLease, renderLease } from './lease.ts'
import { renderLogLines } from './logs.ts'
import { renderRun } from './run.ts'
import { renderStatus } from './status.ts'

const page = { style: PLAIN, columns: 80 }
const at = '2026-11-21T10:00:00.000Z'
const commit = { id: '3f2a91c0ffee', subject: 'fix the cart', dirty: false }
const r42 = {
  id: 'r42',
  mark: 'good',
  reason: null,
  createdAt: '2026-11-21T07:00:00.000Z',
  createdBy: 'ana@laptop',
  commit,
} as const
const r41 = { ...r42, id: 'r41', createdAt: '2026-11-19T07:00:00.000Z', commit: null } as const
const r40 = { ...r41, id: 'r40', mark: 'bad', reason: 'web exited with code 1' } as const
const lease = {
  epoch: 3,
  owner: 'ci@runner',
  purpose: 'deploy to production',
  run: 'run-3',
  secondsLeft: 40,
  ageSeconds: 12,
}
const HELD =
  'lease: ci@runner, deploy to production (run run-3), for 12s now, ends in 40s unless renewed'
const away = {
  host: 'b.example.com',
  code: 'HOST_UNREACHABLE',
  message: 'cannot reach b.example.com: timed out',
  hint: 'Check that the server is up.',
  evidence: [],
}

const host: HostStatus = {
  host: 'a.example.com',
  serving: 'r42',
  release: r42,
  traffic: [{ service: 'web', token: 'b', domains: ['shop.example.com', 'shop.example.com/api'] }],
  containers: [
    {
      service: 'web',
      name: 'shop-r42-web-1',
      release: 'r42',
      state: 'running',
      health: 'healthy',
      restarts: 0,
      startedAt: '2026-11-21T07:00:00.000Z',
    },
    {
      service: 'worker',
      name: 'shop-r42-worker-1',
      release: 'r42',
      state: 'exited',
      health: 'none',
      restarts: 2,
      startedAt: '2026-11-21T07:00:00.000Z',
    },
  ],
  lease: null,
  unfinished: null,
  drift: ['worker: shop-r42-worker-1 is exited (code 1)'],
  kept: [r40, r41, r42],
  proxy: { running: true, image: 'caddy:2.11.4' },
  damagedJournalLines: [7],
}

function statusOf(over: Partial<StatusReport>): readonly string[] {
  const report: StatusReport = {
    app: 'shop',
    environment: 'production',
    at,
    serving: 'r42',
    split: false,
    hosts: [host],
    unreachable: [],
    ...over,
  }
  return renderStatus(report, page)
}

describe('status in words', () => {
  it('says what serves, what runs, where requests go, and what is not as deployed', () => {
    expect(statusOf({})).toEqual([
      'shop · production: r42 serves, with drift',
      '',
      'HOST           SERVES  MADE    COMMIT                BY          TO GO BACK TO',
      'a.example.com  r42     3h ago  3f2a91c fix the cart  ana@laptop  r41',
      '',
      'a.example.com',
      '  web     shop-r42-web-1     running, healthy  started 3h ago',
      '  worker  shop-r42-worker-1  exited                            2 restarts',
      '  requests for shop.example.com, shop.example.com/api go to web, slot b',
      '  drift: worker: shop-r42-worker-1 is exited (code 1)',
      '  warning: damaged journal lines: 7',
    ])
  })
  it.each([
    [{ split: true, serving: null }, 'split, the hosts serve different releases (belay resume)'],
    [{ serving: null, hosts: [{ ...host, serving: null }] }, 'no release serves'],
    [{ hosts: [{ ...host, drift: [] }] }, 'r42 serves, as deployed'],
    [
      {
        hosts: [
          { ...host, drift: [] },
          { ...host, drift: [] },
        ],
      },
      'r42 serves on 2 hosts, as deployed',
    ],
    [{ hosts: [], serving: null }, 'no host could be asked'],
  ])('says in its first line how things are: %#', (over, words) => {
    expect(statusOf(over)[0]).toBe(`shop · production: ${words}`)
  })
  it('says who works on it, and what was left unfinished', () => {
    const unfinished = { run: 'run-3', release: 'r43', previous: 'r42', state: 'pending' } as const
    expect(statusOf({ hosts: [{ ...host, lease, unfinished }] })).toEqual(
      expect.arrayContaining([`  ${HELD}`, '  r43 is being deployed (run run-3)']),
    )
    expect(statusOf({ hosts: [{ ...host, unfinished }] })).toContain(
      '  unfinished: run run-3 of r43 was cut off; belay resume takes it back',
    )
  })
  it('names what could not be reached, with what to do', () => {
    expect(statusOf({ unreachable: [away] }).slice(-3)).toEqual([
      '',
      'not reached: b.example.com: cannot reach b.example.com: timed out',
      '  Check that the server is up.',
    ])
  })
})

const run: RunSummary = {
  run: 'run-2',
  at: '2026-11-21T09:58:00.000Z',
  purpose: 'deploy',
  release: 'r42',
  outcome: 'rolled-back',
  owner: 'ana@laptop',
  durationMs: 3200,
  text: 'r42 was not kept',
  hosts: ['a', 'b'],
}

describe('history in words', () => {
  const report: HistoryReport = {
    app: 'shop',
    environment: 'production',
    at,
    runs: [run, { ...run, run: 'run-1', outcome: 'cut-off', durationMs: null, text: '' }],
    kept: [r40, r41, r42],
    serving: 'r42',
    unreachable: [],
  }
  it('lists runs and releases', () => {
    expect(renderHistory(report, page)).toEqual([
      'RUN    ENDED   WHAT        OUTCOME      TOOK  BY',
      'run-2  2m ago  deploy r42  rolled back  3.2s  ana@laptop',
      'run-1  2m ago  deploy r42  cut off            ana@laptop',
      '',
      'Releases that are kept',
      '  r42  serves  3h ago  3f2a91c fix the cart  ana@laptop',
      '  r41  good    2d ago  no commit             ana@laptop',
      '  r40  bad     2d ago  no commit             ana@laptop  web exited with code 1',
    ])
  })
  it('says so when there is none', () => {
    expect(renderHistory({ ...report, runs: [], kept: [] }, page)).toEqual([
      'shop · production: no run was recorded yet',
    ])
  })
  it('tells a run again, with what it told', () => {
    const told = [SAMPLE_EVENTS['plan-made'], SAMPLE_EVENTS['check-judged'], SAMPLE_EVENTS.decided]
    const events = told.map((event) => ({ v: 1 as const, at, event }))
    expect(renderRun({ run, events }, page)).toEqual([
      'run       run-2',
      'what      deploy r42',
      'outcome   rolled back',
      'ended     2026-11-21T09:58:00.000Z',
      'took      3.2s',
      'by        ana@laptop',
      'hosts     a, b',
      'in words  r42 was not kept',
      '',
      '',
      'deploy r42',
      '  web',
      '',
      '[a.example.com] check web http /health … fail answered 503',
      'r42 is kept: all checks passed on 2 hosts',
    ])
    expect(renderRun({ run, events: [] }, page).at(-1)).toContain('no receipt')
  })
  it('passes over what a later version told', () => {
    const event = { type: 'from-the-future' } as never
    expect(renderRun({ run, events: [{ v: 1, at, event }] }, page).at(-1)).toContain('no receipt')
  })
})

describe('the rest in words', () => {
  it('the lease, free, held and taken away', () => {
    const hosts = [
      { host: 'a', lease: null },
      { host: 'bbb', lease },
    ]
    const report = { app: 'shop', environment: 'production', hosts, unreachable: [] }
    expect(renderLease(report, page)).toEqual(['a    free', `bbb  ${HELD}`])
    expect(renderBrokenLease(report, page)).toEqual([
      'a    was free',
      'bbb  taken from ci@runner (deploy to production); now free',
    ])
  })
  it('what the doctor found, and the verdict', () => {
    const report = {
      app: 'shop',
      environment: 'production',
      hosts: [
        {
          host: 'a',
          findings: [
            { level: 'ok', about: 'docker', what: 'Docker 26.1.5', fix: '' },
            { level: 'problem', about: 'X', what: 'no way in\nssh: refused', fix: 'Open it.' },
          ],
        },
      ],
      problems: 1,
      warnings: 0,
    } as const
    expect(renderDoctor(report, page)).toEqual([
      'a',
      '  ok       Docker 26.1.5',
      '  problem  no way in',
      '             ssh: refused',
      '           → Open it.',
      '',
      '1 problem must be solved first',
    ])
    expect(renderDoctor({ ...report, problems: 0, warnings: 2 }, page).at(-1)).toBe(
      'ready, with 2 warnings',
    )
    expect(renderDoctor({ ...report, problems: 0 }, page).at(-1)).toBe('ready to deploy')
  })
  it('log lines, each with where it comes from', () => {
    const line = { host: 'a', container: 'shop-r42-web-1', service: 'web', at, text: 'GET / 200' }
    expect(renderLogLines([line], page)).toEqual(['a shop-r42-web-1 | GET / 200'])
  })
  it('what was checked without a server', () => {
    const report = {
      app: 'shop',
      environment: 'production',
      file: '/x/belay.yaml',
      compose: ['/x/compose.yaml'],
      hosts: ['a', 'b'],
      services: [
        {
          name: 'web',
          role: 'app',
          rollout: 'overlap',
          because: 'it writes nothing',
          routes: ['* → 80'],
        },
        { name: 'migrate', role: 'job', rollout: 'overlap', because: 'web waits', routes: [] },
      ],
      accessories: ['db'],
      notes: [{ level: 'warning', about: 'web', text: 'no healthcheck' }],
      notDone: [],
      settings: [{ setting: 'keep', value: '5', from: 'default' }],
    } as const
    expect(renderCheck(report, page)).toEqual([
      'shop · production on a, b: configuration and compose file are right',
      '',
      'SERVICE  ROLE  ROLLOUT  ROUTES  WHY',
      'web      app   overlap  * → 80  it writes nothing',
      'migrate  job   once             web waits',
      '',
      'db: started once, and left alone by deployments',
      '',
      'warning: web: no healthcheck',
      '',
      'keep  5  default',
    ])
  })
  it('what was checked without Docker: never as if all had been', () => {
    const report = {
      app: 'shop',
      environment: 'production',
      file: '/x/belay.yaml',
      compose: ['/x/compose.yaml'],
      hosts: ['b', 'a'],
      services: [],
      accessories: [],
      notes: [],
      notDone: ['cannot read the compose file on this machine: there is no docker command'],
      settings: [],
    }
    expect(renderCheck(report, page)).toEqual([
      'shop · production on b, a: no mistake was found, but not all could be looked at',
      '',
      'not done: cannot read the compose file on this machine: there is no docker command',
      'belay plan production has a read the compose file, and says the rest.',
    ])
  })
})
