import { type CrashPoint, crashPoints } from './crash-points.ts'
import { GUARANTEES } from './guarantees.ts'
import { MUTATIONS } from './mutations.ts'
import { written } from './named.ts'
import { HANDOVER, OVERLAP, ROLLING } from '../simulation/shop.ts'
import type { Shop } from '../simulation/shop.ts'

/** The page, docs/guarantees.md, as the code of now would have it. */
export async function page(): Promise<string> {
  const tables: string[] = []
  for (const { title, shop } of DEPLOYMENTS) {
    tables.push(`### ${title}`, '', ...crashTable(await crashPoints(shop)), '')
  }
  return [
    HEAD,
    ...promises(),
    MUTATED,
    '| Without | this test fails |',
    '|---|---|',
    ...MUTATIONS.map(({ without, fails }) => `| ${without} | ${written(fails)} |`),
    DYING,
    ...tables,
    TAIL,
  ].join('\n')
}

const DEPLOYMENTS: readonly { readonly title: string; readonly shop: Partial<Shop> }[] = [
  { title: 'Overlap, one host', shop: { ...OVERLAP, samples: 1 } },
  { title: 'Hand-over, one host', shop: { ...HANDOVER, samples: 1 } },
  { title: 'Rolling, two replicas, one host', shop: { ...ROLLING, replicas: 2, samples: 1 } },
  { title: 'Overlap, two hosts', shop: { ...OVERLAP, samples: 1, hosts: ['one', 'two'] } },
]

function promises(): string[] {
  return GUARANTEES.flatMap(({ promise, faults, tests }) => [
    `### ${promise}`,
    '',
    `Tested under: ${faults.join('; ')}.`,
    '',
    ...tests.map((test) => `- ${written(test)}`),
    '',
  ])
}

function crashTable(points: readonly CrashPoint[]): string[] {
  const rows: { point: CrashPoint; requests: string[] }[] = []
  for (const point of points) {
    const last = rows.at(-1)
    if (last !== undefined && isSame(last.point, point)) {
      if (!last.requests.includes(point.request)) last.requests.push(point.request)
    } else rows.push({ point, requests: [point.request] })
  }
  return [
    '| The deployer dies at | in the request | which never arrived | which was carried out | next run |',
    '|---|---|---|---|---|',
    ...rows.map(
      ({ point: { step, before, after, next }, requests }) =>
        `| ${step} | ${requests.join(', ')} | ${before} | ${after} | ${next} |`,
    ),
  ]
}

function isSame(one: CrashPoint, other: CrashPoint): boolean {
  return (['step', 'before', 'after', 'next'] as const).every((key) => one[key] === other[key])
}

const HEAD = `# Guarantees

Written by \`npm run guarantees\` from \`tests/guarantees\`, and compared with it by a test. What is
promised, the faults under which it was tested, and the tests.

## Promises
`

const MUTATED = `## What happens without

A test proves something only if it fails when the mechanism is gone. \`npm run mutate\` takes each of
these out of a copy of the repository, and runs the test that must fail.
`

const DYING = `
## Where a deployer can die

Release r1 serves, r2 is deployed, and its deployer dies at one of its requests to a host: before it
arrives, or after the host has carried it out and nobody hears of it. The tables are made by doing so, on
simulated hosts that keep the same contract as
real ones (\`tests/contracts\`): first the servers are left alone until the lease has lapsed and the
watchdog has looked, and compared whole with what they were before (**old**) and with what a deployment
that nothing befell leaves (**new**): containers, restart policies, routes, networks,
what is current and previous. Then the same again, and another run at once, which takes the lease over; it
must end confirmed, and serve alone.
`

const TAIL = `Where hosts stand on two releases, the anchor's commit came before the crash: each of the
two was proved. \`belay status\` says "split" until the next run.

## On real servers

What was seen on a real server under load, with faults of every kind, is in [chaos.md](chaos.md).

## What is not promised

- Requests inside a container that itself crashes are lost: they were the app's.
- The first take-over of port 80 from something else, and an upgrade of the proxy, leave a moment without
an answer. The plan says so.
- What a migration did to data is undone only by its \`undo\`, or by restoring the backup.
- A server that loses its power in the tenth of a second in which a hand-over is confirmed may come
  back with neither of the two started, until the next run: nothing of Belay runs there that could start
  one, and two at once would be worse (\`tests/simulation/findings.test.ts\` holds it as known).
- A single server that is off serves nobody.
`
