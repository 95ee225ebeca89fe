import { afterAll, beforeAll, expect, test } from 'vitest'
import { must } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import type { StandIn } from '../../support/stand-ins/stand-in.ts'
import {
  readHtml,
  TELEGRAM_CHAT,
  TELEGRAM_TOKEN,
  telegramStandIn,
} from '../../support/stand-ins/telegram.ts'
import { IMAGES } from '../deploy/scenario.ts'
import { commitAll, git, giveTools, push, PUSHED, takeTools } from '../pushing.ts'
import { asking, ended, endedBy, Example, serverWith } from './example.ts'

// S4 of the source systems: deployed by git push on the server itself, with Postgres and Telegram.

const HOST = 'agent.example.com'
const PASSWORD = 'postgres-password-8812'
const VALUES = '/home/deploy/belay/server-agent/lab.env'

let lab: Lab
let server: Server
let agent: Example
let telegram: StandIn
const ask = (path: string, data?: object) => asking(server, HOST)(path, data)

beforeAll(async () => {
  const made = await serverWith([...IMAGES, 'python:3.13-slim', 'postgres:17'], PUSHED)
  ;({ lab, server } = made)
  await server.sh(`rm -rf ${PUSHED.join(' ')}`)
  await giveTools(server)
  telegram = await telegramStandIn('0.0.0.0')
  const TELEGRAM_API = `http://127.0.0.1:${telegram.port}`
  const bot = { TELEGRAM_API_TOKEN: TELEGRAM_TOKEN, MASTER_CHAT_ID: TELEGRAM_CHAT, TELEGRAM_API }
  agent = new Example(lab, 'server-agent', bot)
  await commitAll(agent.folder, 'first')
  const installed = await agent.run('hook', 'install', 'lab', '--json')
  if (installed.code !== 0) throw new Error(installed.stdout)
  const answer = installed.events.at(-1) as { data: { url: string } }
  await must(git(agent.folder, 'remote', 'add', 'belay', answer.data.url))
  await writeValues()
})
afterAll(async () => {
  await telegram.close()
  await takeTools(server)
  agent.remove()
})

/** On the server, by hand, once. */
async function writeValues(): Promise<void> {
  const format = '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}'
  const gateway = await must(['docker', 'inspect', '--format', format, server.container])
  const input = `POSTGRES_PASSWORD=${PASSWORD}
TELEGRAM_API_TOKEN=${TELEGRAM_TOKEN}
MASTER_CHAT_ID=${TELEGRAM_CHAT}
TELEGRAM_API=http://${gateway}:${telegram.port}
`
  await server.sh(`install -D -o deploy -m 600 /dev/stdin ${VALUES}`, { input })
}

/** What the master read, in plain words. */
const told = (): readonly string[] =>
  telegram.bodies.map(({ text = '' }) => {
    const read = readHtml(text)
    return 'text' in read ? read.text : read.error
  })

async function pushed(message: string): Promise<string> {
  await commitAll(agent.folder, message)
  const ssh = { GIT_SSH_COMMAND: `ssh -F ${lab.sshConfig}` }
  const { code, text } = await push('main', agent.folder, ssh).ended
  expect(code, text).toBe(0)
  return text
}

const containers = () => server.sh("docker ps --format '{{.ID}} {{.Names}}' | sort")

const titles = async () => {
  const { tasks } = (await ask('/tasks')).json as { tasks: readonly { title: string }[] }
  return tasks.map(({ title }) => title)
}

test('a push must test, build, migrate and deploy on the server, and tell the master', async () => {
  const text = await pushed('first')
  expect(text).toContain('Belay ended with exit 0')
  expect(text).toMatch(/check coverage of unit … pass \d\d\.\d\d %/)
  expect((await ask('/health')).json).toEqual({ status: 'ok', version: '1', schema: 1 })
  await ask('/tasks', { title: 'water the plants' })
  const message = { chat: { id: Number(TELEGRAM_CHAT) }, text: '/add read the mail' }
  expect((await ask('/telegram', { message })).json).toMatchObject({ text: 'noted as 2' })
  expect(told()).toEqual([expect.stringContaining('r1 is deployed and serves')])
})

test('a second with a migration must take its place, with every task that there was', async () => {
  agent
    .write('version', '2\n')
    .write('agent/migrations/0002_due.up.sql', 'ALTER TABLE tasks ADD due date;\n')
    .write('agent/migrations/0002_due.down.sql', 'ALTER TABLE tasks DROP due;\n')
  const text = await pushed('tasks are due')
  expect(text).toContain('Belay ended with exit 0')
  expect((await ask('/health')).json).toEqual({ status: 'ok', version: '2', schema: 2 })
  expect(await titles()).toEqual(['water the plants', 'read the mail'])
  const receipt = await agent.receipt()
  expect([endedBy(receipt), receipt.previous]).toEqual(['confirmed 0 r2', 'r1'])
  const [backup] = await agent.backups()
  expect(backup).toMatchObject({ about: { before: 'r2' }, verified: { how: 'read' } })
  expect(receipt.commit?.subject).toBe('tasks are due')
  expect(told().at(-1)).toContain('r2 is deployed and serves')
})

test('a third whose tests fail must touch nothing, and the master learn why', async () => {
  agent.write('version', '3\n').edit('agent/tasks.py', 'noted as', 'noted under')
  const before = await containers()
  const text = await pushed('another word')
  expect(text).toContain('Belay ended with exit 6')
  expect(text).toContain("'noted under 3' != 'noted as 3'")
  expect(await containers()).toBe(before)
  expect((await ask('/health')).json).toMatchObject({ version: '2' })
  expect(await titles()).toEqual(['water the plants', 'read the mail'])
  expect(endedBy(await agent.receipt())).toBe('confirmed 0 r2')
  expect(told().at(-1)).toMatch(/failed.*unit/s)
})

test('a rollback from a laptop without a value must work, on the tasks as they are', async () => {
  const ran = await agent.rollback()
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  expect((await ask('/health')).json).toEqual({ status: 'ok', version: '1', schema: 2 })
  expect(await titles()).toEqual(['water the plants', 'read the mail'])
  expect(endedBy(await agent.receipt())).toBe('confirmed 0 r1')
  expect(told()).toHaveLength(4)
  expect(told().at(-1)).toContain('r1')
})

test('a backup must be whole, and bring back what was there when it was made', async () => {
  const before = await titles()
  const backup = await agent.backUp('db')
  expect((await agent.run('backup', 'verify', 'lab', backup)).code).toBe(0)
  await ask('/tasks', { title: 'too much' })
  const ran = await agent.restore(backup)
  expect(ran.code, ran.stdout).toBe(0)
  expect(await titles()).toEqual(before)
})

test('no secret must be told, logged, or left in the repository', async () => {
  const state = '/home/deploy/.local/state/belay/server-agent/lab'
  const places = `${state}/runs ${state}/logs ${state}/journal /home/deploy/belay/server-agent/lab.git`
  expect(await server.sh(`grep -rl 'r2 is kept' ${state}/logs`)).not.toBe('')
  const found = await server.sh(`grep -rlE '${PASSWORD}|${TELEGRAM_TOKEN}' ${places} || :`)
  expect(found).toBe('')
  expect(told().join('\n')).not.toContain(PASSWORD)
})
