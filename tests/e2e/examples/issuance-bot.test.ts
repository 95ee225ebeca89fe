import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Load, startLoad } from '../../load/load.ts'
import type { Server } from '../../lab/server.ts'
import { SLACK_PATH, slackStandIn } from '../../support/stand-ins/slack.ts'
import type { StandIn } from '../../support/stand-ins/stand-in.ts'
import { failures, IMAGES } from '../deploy/scenario.ts'
import { asking, ended, endedBy, Example, serverWith, texts } from './example.ts'
import { Writers } from './writers.ts'

// S0 of the source systems: one bot with SQLite, which must never run twice and lose nothing.

const DATA = '/srv/issuance-bot'
const HOST = 'issuance.example.com'
const KEY = 'key-of-those-who-ask-7731'
const VALUES = {
  WS_RPC_URL: 'wss://rpc.example.com/of-ours-5512',
  VAULT_ADDRESS: '0x1111111111111111111111111111111111111111',
  REDEMPTION_WALLET_ADDRESS: '0x2222222222222222222222222222222222222222',
  ALPACA_BASE_URL: 'https://broker.example.com',
  ALPACA_API_KEY: 'alpaca-key-9034',
  ALPACA_API_SECRET: 'alpaca-secret-4410',
  SERVER_API_KEY: KEY,
}

let server: Server
let bot: Example
let slack: StandIn
let load: Load | undefined
const clients = new Writers('/mint', (id) => ({ id, symbol: 'tAAPL', amount: 2 }))
const ask = (path: string) => asking(server, HOST)(path)

beforeAll(async () => {
  const made = await serverWith([...IMAGES, 'python:3.13-slim'], [DATA])
  server = made.server
  slack = await slackStandIn()
  bot = new Example(made.lab, 'issuance-bot', { SLACK_URL: `${slack.url}${SLACK_PATH}` })
  values()
})
afterAll(async () => {
  await load?.stop()
  await slack.close()
  await bot.removeImages()
  bot.remove()
  await server.sh(`rm -rf ${DATA}`)
})

function values(over: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({ ...VALUES, ...over }).map(([name, value]) => `${name}=${value}\n`)
  bot.write('.env.lab', lines.join(''))
}

const told = () => slack.bodies.map(({ text }) => text)

test('values that are missing must be named all at once, with nothing touched', async () => {
  values({ ALPACA_API_KEY: '', SERVER_API_KEY: '' })
  const refused = await bot.deploy('first')
  expect(refused.code).toBe(2)
  expect(refused.stdout).toMatch(
    /ALPACA_API_KEY .empty., SERVER_API_KEY .empty..*from its dashboard/s,
  )
  expect(refused.stdout).toContain('sends this as x-api-key')
  values()
})

test('its first release must serve, and refuse a second bot beside it', async () => {
  const ran = await bot.deploy('first')
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  expect((await ask('/')).json).toMatchObject({ version: '1', schema: 1 })
  expect((await bot.receipt()).findings).toContainEqual(
    expect.objectContaining({ text: expect.stringContaining('unit: passed') }),
  )
  const image = await server.sh("docker inspect -f '{{.Image}}' $(docker ps -q --filter name=bot)")
  const second = await server.exec(['docker', 'run', '--rm', '-v', `${DATA}:/data`, image])
  expect(second).toMatchObject({ code: 9, stdout: expect.stringContaining('another bot') })
  await server.sh(`rm ${DATA}/refused`)
  const headers = { host: HOST, 'x-api-key': KEY }
  const { httpPort: port } = server
  const rest = { requestsPerSecond: 100, webSocket: false, traffic: clients }
  load = startLoad({ host: '127.0.0.1', port, headers, ...rest })
})

test('a second with a migration must take over from it', async () => {
  bot
    .write('version', '2\n')
    .write('bot/migrations/0002_fee.sql', 'ALTER TABLE issuances ADD fee INTEGER DEFAULT 0;\n')
  const ran = await bot.deploy('fees')
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r2')
  expect((await ask('/')).json).toMatchObject({ version: '2', schema: 2 })
  expect(texts(await bot.receipt())).toContain('the schema is 2; before r2 it was 1')
  const [kept] = await bot.backups()
  expect(kept).toMatchObject({ about: { before: 'r2', release: 'r1' }, verified: { how: 'read' } })
  expect(texts(await bot.receipt())).toContain(`: ${kept?.id}`)
  expect(told()).toEqual([
    expect.stringContaining('r1 is deployed'),
    expect.stringContaining('r2 is deployed'),
  ])
})

test('a third that fails its smoke checks must give way to it, with its values', async () => {
  bot.write('version', '3\n')
  values({ ALPACA_BASE_URL: 'broker.example.com' })
  const ran = await bot.deploy('another broker')
  expect(ended(ran), ran.stdout).toBe('rolled-back 4 r2')
  expect(failures(ran)).toContain('NOT_PROVED')
  expect((await ask('/')).json).toMatchObject({ version: '2' })
  expect((await ask('/status')).json).toMatchObject({ broker: 'ok' })
  const receipt = await bot.receipt()
  expect([endedBy(receipt), receipt.previous]).toEqual(['rolled-back 4 r2', 'r2'])
  const judged = receipt.checks.map(({ release, verdict, text }) => `${release} ${verdict} ${text}`)
  expect(judged).toContainEqual(expect.stringMatching(/^r3 fail .*broker/))
  expect(judged.filter((line) => line.startsWith('r2'))).not.toContainEqual(
    expect.stringMatching(/^r2 (fail|unknown)/),
  )
  expect(told().at(-1)).toContain('deploy of r3 was rolled back, r2 serves')
})

test('a rollback by hand must bring the first back, on the data as it is', async () => {
  const ran = await bot.rollback()
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  expect((await ask('/')).json).toMatchObject({ version: '1', schema: 2 })
  expect(endedBy(await bot.receipt())).toBe('confirmed 0 r1')
  expect(told()).toHaveLength(4)
})

test('of all that was asked meanwhile nothing must be lost, doubled, or told', async () => {
  const report = await load!.stop()
  expect(report.losses).toEqual([])
  expect(report).toMatchObject({ lost: 0, byVersion: { 1: expect.any(Number) } })
  expect(report.sent).toBeGreaterThan(500)
  expect((await ask('/issuances')).json).toEqual({
    count: clients.written.size,
    total: 2 * clients.written.size,
  })
  expect(await server.sh(`ls ${DATA}/refused 2>/dev/null; :`)).toBe('')
  const texts = `${slack.asked.map(({ body }) => body).join('\n')}
    ${await server.sh('cat /var/lib/belay/issuance-bot/lab/runs/* /var/lib/belay/issuance-bot/lab/logs/*')}`
  const secrets = [KEY, VALUES.WS_RPC_URL, VALUES.ALPACA_API_KEY, VALUES.ALPACA_API_SECRET]
  expect(secrets.filter((secret) => texts.includes(secret))).toEqual([])
})

test('a backup must be whole, and bring back what was there when it was made', async () => {
  const before = (await ask('/issuances')).json
  const backup = await bot.backUp('bot')
  expect((await bot.run('backup', 'verify', 'lab', backup)).code).toBe(0)
  const { status } = await asking(server, HOST, { 'x-api-key': KEY })('/mint', {
    id: 'later',
    symbol: 'tAAPL',
    amount: 5,
  })
  expect(status).toBe(200)
  expect((await ask('/issuances')).json).not.toEqual(before)
  const ran = await bot.restore(backup)
  expect(ran.code, ran.stdout).toBe(0)
  expect((await ask('/issuances')).json).toEqual(before)
  expect((await ask('/')).json).toMatchObject({ version: '1', schema: 2 })
})
