import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Receipt } from '../../../src/notifications/receipts/receipt.ts'
import { type Load, startLoad } from '../../load/load.ts'
import type { Server } from '../../lab/server.ts'
import { StandIn } from '../../support/stand-ins/stand-in.ts'
import { failures, IMAGES } from '../deploy/scenario.ts'
import { asking, ended, endedBy, Example, serverWith } from './example.ts'
import { Writers } from './writers.ts'

// S1 of the source systems: SQLite on block storage, user 1001, one instance, every trade hedged once.

const DATA = '/mnt/arbitrage-bot'
const HOST = 'arbitrage.example.com'
const SECRET = 'webhook-secret-6120'
const VALUES = {
  WS_RPC_URL: 'wss://rpc.example.com/of-ours-8841',
  ORDERBOOK_ADDRESS: '0x3333333333333333333333333333333333333333',
  ORDER_HASH: '0x4444',
  SCHWAB_APP_KEY: 'schwab-key-1207',
  SCHWAB_APP_SECRET: 'schwab-secret-7745',
}

let server: Server
let bot: Example
let hook: StandIn
let load: Load | undefined
const clients = new Writers('/trades', (id) => ({ id, shares: 3 }))
const ask = (path: string, data?: object) => asking(server, HOST)(path, data)

beforeAll(async () => {
  const made = await serverWith([...IMAGES, 'python:3.13-slim'], [DATA])
  server = made.server
  await server.sh(`rmdir ${DATA}`)
  hook = await StandIn.open(() => ({ status: 204 }))
  const values = { WEBHOOK_URL: `${hook.url}/deployments`, WEBHOOK_SECRET: SECRET }
  bot = new Example(made.lab, 'arbitrage-bot', values)
  const lines = Object.entries(VALUES).map(([name, value]) => `${name}=${value}\n`)
  bot.write('.env.lab', lines.join(''))
})
afterAll(async () => {
  await load?.stop()
  await hook.close()
  await bot.removeImages()
  bot.remove()
  await server.sh(`rm -rf ${DATA}`)
})

/** What the webhook was last told, with the signature that it had to have. */
function lastTold(): { readonly moment: string; readonly receipt: Receipt } {
  const { headers = {}, body = '' } = hook.asked.at(-1) ?? {}
  const hmac = createHmac('sha256', SECRET).update(`${headers['belay-timestamp']}.${body}`)
  expect(headers['belay-signature']).toBe(`v1=${hmac.digest('hex')}`)
  return JSON.parse(body)
}

test('what host setup would do must name the folder of user 1001', async () => {
  const planned = await bot.run('host', 'setup', 'lab', '--dry-run')
  expect([planned.code, planned.stdout], planned.stderr).toEqual([
    0,
    expect.stringContaining(`make ${DATA} for 1001`),
  ])
  await server.sh(`install -d -o 1001 ${DATA}`)
})

test('its first release must serve as user 1001, from the disk of the server', async () => {
  const ran = await bot.deploy('first')
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  expect((await ask('/')).json).toMatchObject({ version: '1', schema: 1 })
  expect(await server.sh(`stat -c '%u' ${DATA}/book.db`)).toBe('1001')
  const { httpPort: port } = server
  const rest = { requestsPerSecond: 100, webSocket: false, traffic: clients }
  load = startLoad({ host: '127.0.0.1', port, headers: { host: HOST }, ...rest })
})

test('a second with a migration must take over from it, and the webhook learn how', async () => {
  bot
    .write('version', '2\n')
    .write('bot/migrations/0002_price.sql', 'ALTER TABLE trades ADD price REAL;\n')
  const ran = await bot.deploy('prices')
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r2')
  expect((await ask('/')).json).toMatchObject({ version: '2', schema: 2 })
  const [backup] = await bot.backups()
  expect(backup).toMatchObject({ about: { before: 'r2' }, verified: { how: 'read' } })
  const kept = await bot.receipt()
  const { moment, receipt } = lastTold()
  expect([moment, endedBy(receipt)]).toEqual(['succeeded', 'confirmed 0 r2'])
  expect([receipt.run, receipt.checks]).toEqual([kept.run, kept.checks])
})

test('a third that is ill must give way to it, and the book be whole', async () => {
  bot
    .write('version', '3\n')
    .edit('bot/book.py', "ask('SELECT count(*) FROM hedges')", "ask('SELECT count(*) FROM fills')")
    .edit('tests/test_book.py', '        self.book.check()\n', '')
  const ran = await bot.deploy('fills')
  expect(ended(ran), ran.stdout).toBe('rolled-back 4 r2')
  expect(failures(ran)).toContain('NOT_PROVED')
  expect(ran.stdout).toContain('answered 503')
  expect((await ask('/health')).json).toEqual({ status: 'ok' })
  const { moment, receipt } = lastTold()
  expect([moment, endedBy(receipt)]).toEqual(['rolled-back', 'rolled-back 4 r2'])
  expect(endedBy(await bot.receipt())).toBe('rolled-back 4 r2')
})

test('a rollback by hand must bring the first back, on the book as it is', async () => {
  const ran = await bot.rollback()
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  expect((await ask('/')).json).toMatchObject({ version: '1', schema: 2 })
  expect(lastTold().receipt).toMatchObject({ purpose: 'rollback', serving: 'r1' })
})

test('of all trades meanwhile none must be lost, or hedged twice', async () => {
  const report = await load!.stop()
  expect(report.losses).toEqual([])
  expect(report.lost).toBe(0)
  expect(report.sent).toBeGreaterThan(500)
  const trades = clients.written.size
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if ((await ask('/position')).json['open'] === 0) break
  }
  expect((await ask('/position')).json).toEqual({ trades, hedges: trades, open: 0 })
  expect(await server.sh(`ls ${DATA}/refused 2>/dev/null; :`)).toBe('')
})

test('a backup must be whole, and bring back what was there when it was made', async () => {
  const before = (await ask('/position')).json
  const backup = await bot.backUp('bot')
  expect((await bot.run('backup', 'verify', 'lab', backup)).code).toBe(0)
  expect((await ask('/trades', { id: 'later', shares: 7 })).status).toBe(200)
  const ran = await bot.restore(backup)
  expect(ran.code, ran.stdout).toBe(0)
  expect((await ask('/position')).json).toEqual(before)
  expect(await server.sh(`stat -c '%u' ${DATA}/book.db`)).toBe('1001')
})
