import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { get } from '../lab/http.ts'
import { Lab } from '../lab/lab.ts'
import type { Server } from '../lab/server.ts'
import { App, finished, IMAGES } from './deploy/scenario.ts'
import { running } from './deploy/server-state.ts'

const guide = readFileSync('docs/guide/migrating.md', 'utf8')
const blocks = [...guide.matchAll(/^```yaml\n(# [\s\S]*?)^```$/gm)].map(([, text]) => text!)

/** The blocks of one chapter, by the comment in their first line. */
function example(chapter: string): { compose: string; config: string } {
  const text = guide.split(`\n## ${chapter}\n`)[1]!.split('\n## ')[0]!
  const own = blocks.filter((block) => text.includes(block))
  const one = (first: RegExp): string => own.find((block) => first.test(block))!
  return {
    compose: one(/^# (compose\.yaml|what is left of the compose file)\n/),
    config: one(/^# (and )?belay\.yaml\n/),
  }
}

let lab: Lab
let server: Server
let app: App

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  server = lab.server(1)
  await server.loadImages([...IMAGES, 'postgres:17', 'belay-lab/app:1', 'belay-lab/app:2'])
})
beforeEach(async () => {
  await server.clean()
  await server.sh('rm -rf /home/deploy/shop')
  app = new App(lab)
})
afterEach(async () => {
  app.remove()
  await server.sh('rm -rf /home/deploy/shop')
})

test.each(['From ssh and docker compose', 'From docker-rollout', 'From Kamal'])(
  'the files of the guide must be right: %s',
  async (chapter) => {
    const { compose, config } = example(chapter)
    app.compose(compose).config(config).write('.env.production', 'SHOP_NAME=x\n')
    app.write('Dockerfile', 'FROM scratch\n')
    const values = { RAILS_MASTER_KEY: 'x', POSTGRES_PASSWORD: 'y', TAG: '1' }
    const checked = await app.with(values, 'check')
    expect([checked.code, checked.stderr]).toEqual([0, ''])
  },
)

test('an app that a script started by ssh and compose must move as the guide says', async () => {
  const { compose, config } = example('From ssh and docker compose')
  const image = 'registry.example.com/shop'
  await server.sh(`for v in 1 2; do docker tag belay-lab/app:$v ${image}:$v; done`)
  // As deploy.sh did it, from ~/shop.
  const put = (file: string, input: string) =>
    server.sh(`mkdir -p /home/deploy/shop; cat >/home/deploy/shop/${file}`, { input })
  await put('compose.yaml', compose)
  await put('.env', 'SHOP_NAME=The old shop\n')
  await server.sh('chown -R deploy: /home/deploy/shop')
  await server.run(['su', '-', 'deploy', '-c', 'cd shop && TAG=1 docker compose up -d'], {
    timeoutMs: 120_000,
  })
  const asked = async () => {
    const answer = await get(server.httpPort, '/', { headers: { host: 'shop.example.com' } })
    if (answer?.status !== 200) return undefined
    return JSON.parse(answer.body) as { shop: string; version: string; visits: number }
  }
  await until(async () => (await asked())?.visits === 3)
  const database = await server.sh("docker inspect -f '{{.Id}} {{.State.StartedAt}}' shop-db-1")

  app
    .compose(compose)
    .config(`${config.replace('deploy@shop.example.com', 'lab1-deploy')}proxy: { tls: off }\n`)
    .write('.env.production', 'SHOP_NAME=The new shop\n')
    .write('.gitignore', '.env*\n')
  await app.commit()
  const planned = await app.with({ TAG: '2' }, 'plan')
  expect([planned.code, planned.stderr]).toEqual([0, ''])
  expect(await asked()).toMatchObject({ shop: 'The old shop', version: '1', visits: 4 })

  const moved = await app.with({ TAG: '2' }, 'deploy', '--yes', '--json')
  expect(finished(moved)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  const { visits, ...now } = (await asked())!
  expect(now).toMatchObject({ shop: 'The new shop', version: '2' })
  // Smoke checks visit too; nothing of before is lost.
  expect(visits).toBeGreaterThan(4)
  expect(await server.sh("docker inspect -f '{{.Id}} {{.State.StartedAt}}' shop-db-1")).toBe(
    database,
  )
  expect(await running(server)).toEqual(['shop-db-1', 'shop-r1-web-1'])
  expect((await app.with({ TAG: '2' }, 'ci', 'init', 'github')).code).toBe(0)
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) if (await holds()) return
  throw new Error('it never came to hold')
}
