import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type App, deaf, failures, finished, freshLab, page, pageApp, visit } from './scenario.ts'
import { containers, current, lines, mark, running, serving, world } from './server-state.ts'

let lab: Lab
let server: Server
let app: App

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
})
beforeEach(async () => {
  await server.clean()
  app = pageApp(lab)
})
afterEach(() => app.remove())

const deploy = (...flags: readonly string[]) => app.belay('deploy', '--yes', '--json', ...flags)

test('a first deployment must serve, and the same once more must change nothing', async () => {
  const fresh = await world(server)
  for (const argv of [['plan'], ['deploy', '--dry-run'], ['check']]) {
    expect(await app.belay(...argv)).toMatchObject({ code: 0 })
    expect(await world(server)).toBe(fresh)
  }
  const ran = await deploy()
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(await visit(server)).toBe('200 one')
  expect(await running(server)).toEqual(['shop-production-r1-web-1'])
  expect(await current(server, 'shop')).toBe('r1 -')
  const before = await world(server)
  const again = await deploy()
  expect(finished(again)).toMatchObject({ outcome: 'nothing-to-do', exit: 0, serving: 'r1' })
  expect(await world(server)).toBe(before)
})

test('a dry run of whatever changes something must change nothing', async () => {
  await deploy()
  app.compose({ services: { web: page('two') } })
  await deploy()
  app.compose({ services: { web: page('three') } })
  const before = await world(server)
  for (const argv of [['deploy'], ['rollback'], ['restart'], ['lease', 'release']]) {
    const ran = await app.belay(...argv, '--dry-run', '--json')
    expect([argv, ran.code, failures(ran)]).toEqual([argv, 0, []])
    expect(await world(server)).toBe(before)
  }
})

test('a first deployment that fails must leave no container, and say so', async () => {
  app.compose({ services: { web: deaf('one') } })
  const ran = await deploy()
  expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: null })
  expect(ran.code).toBe(4)
  const [failed] = ran.events.filter((event) => event.type === 'failed')
  expect(failed?.message).toContain('nothing listens on port 8000')
  expect(await containers(server)).toEqual([])
  expect(await mark(server, 'shop', 'r1')).toContain('bad')
  app.compose({ services: { web: page('one') } })
  expect(await deploy()).toMatchObject({ code: 0 })
  expect(await visit(server)).toBe('200 one')
})

test('what failed must leave the old release as it was, and not be tried again unasked', async () => {
  await deploy()
  const before = await serving(server)
  app.compose({ services: { web: deaf('two') } })
  const ran = await deploy()
  expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
  expect(await visit(server)).toBe('200 one')
  expect(await serving(server)).toBe(before)
  expect(await containers(server)).toEqual(['shop-production-r1-web-1'])
  expect(await mark(server, 'shop', 'r2')).toContain('bad')
  const world1 = await world(server)
  const refused = await deploy()
  expect([refused.code, failures(refused)]).toEqual([3, ['MARKED_BAD']])
  expect(await world(server)).toBe(world1)
  const again = await deploy('--again')
  expect(finished(again)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
})

test('an image that exits at once must be given up within 3 s, with its last words', async () => {
  await deploy()
  const command = ['sh', '-c', 'echo starting; echo "no DATABASE_URL" >&2; exit 3']
  app.compose({ services: { web: page('two', { command }) } })
  const since = Math.floor(Date.now() / 1000)
  const ran = await deploy()
  expect(ran.code).toBe(4)
  expect(await visit(server)).toBe('200 one')
  const told = ran.events.flatMap((event) => (event.type === 'failed' ? event.evidence : []))
  expect(told.join('\n')).toContain('no DATABASE_URL')
  const died = await deaths(since)
  const givenUp = ran.events.findIndex((event) => event.type === 'step-finished' && !event.ok)
  expect(died).toHaveLength(1)
  expect((ran.times[givenUp] ?? 0) - (died[0] ?? 0)).toBeLessThan(3000)
})

/** When containers of the app ended, in milliseconds since 1970, by their Docker. */
async function deaths(since: number): Promise<readonly number[]> {
  const filter = '--filter event=die --filter label=belay.app=shop'
  const until = Math.ceil(Date.now() / 1000) + 1
  const text = await server.sh(
    `docker events --since ${since} --until ${until} ${filter} --format '{{.TimeNano}}'`,
  )
  return lines(text).map((nanoseconds) => Number(nanoseconds) / 1e6)
}

test('a restart must put fresh containers beside the old, without a gap', async () => {
  await deploy()
  const before = await serving(server)
  const over = new AbortController()
  const asking = (async () => {
    const answers: (string | undefined)[] = []
    while (!over.signal.aborted) answers.push(await visit(server))
    return answers
  })()
  const ran = await app.belay('restart', '--yes', '--json')
  over.abort()
  const answers = await asking
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(new Set(answers)).toEqual(new Set(['200 one']))
  expect(await serving(server)).not.toBe(before)
  expect(await running(server)).toHaveLength(1)
})
