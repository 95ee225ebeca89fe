import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/notifications/receipts/receipt.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { DISCORD_PATH, discordStandIn } from '../../support/stand-ins/discord.ts'
import { SLACK_PATH, slackStandIn } from '../../support/stand-ins/slack.ts'
import { SMTP_PASSWORD, SMTP_USER, SmtpStandIn } from '../../support/stand-ins/smtp.ts'
import { StandIn } from '../../support/stand-ins/stand-in.ts'
import {
  TELEGRAM_CHAT,
  TELEGRAM_TOKEN,
  telegramStandIn,
  tooManyRequests,
} from '../../support/stand-ins/telegram.ts'
import {
  App,
  type Ran,
  deaf,
  finished,
  freshLab,
  page,
  pageConfig,
  visit,
} from '../deploy/scenario.ts'
import { stateOf } from '../deploy/server-state.ts'

const SECRET = 'webhook-secret-5678'

let lab: Lab
let server: Server
let app: App
let telegram: StandIn
let slack: StandIn
let discord: StandIn
let hook: StandIn
let smtp: SmtpStandIn

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  ;[telegram, slack, discord, hook, smtp] = await Promise.all([
    telegramStandIn(),
    slackStandIn(),
    discordStandIn(),
    StandIn.open(() => ({ status: 204 })),
    SmtpStandIn.open({ hideSTARTTLS: true, allowInsecureAuth: true }),
  ])
  app = new App(lab, 'shop')
    .config(pageConfig('shop', { notify: channels() }))
    .write('belay.txt', '')
  release('one')
  await told('deploy')
})
afterAll(async () => {
  app.remove()
  await Promise.all([telegram, slack, discord, hook, smtp].map((each) => each.close()))
})
beforeEach(() => {
  for (const each of [telegram, slack, discord, hook]) each.forget()
  smtp.mails.length = 0
})

function channels(): object[] {
  const every = ['started', 'succeeded', 'unchanged', 'failed', 'rolled-back', 'critical']
  const { port } = smtp
  return [
    {
      telegram: { token: '${TELEGRAM_TOKEN}', chat: '${TELEGRAM_CHAT}', api: telegram.url },
      template: { succeeded: '{release} of {app} is live for {by}' },
      on: every,
    },
    { slack: { url: '${SLACK_URL}' } },
    { discord: { url: '${DISCORD_URL}' } },
    {
      email: {
        host: '127.0.0.1',
        port,
        tls: 'none',
        user: SMTP_USER,
        password: '${SMTP_PASSWORD}',
        from: 'belay@example.com',
        to: ['ops@example.com'],
      },
    },
    { webhook: { url: `${hook.url}/deployments`, secret: '${WEBHOOK_SECRET}' } },
    { 'github-summary': true },
    { 'gitlab-summary': true },
  ]
}

const SECRETS = () => ({
  TELEGRAM_TOKEN,
  TELEGRAM_CHAT,
  SLACK_URL: `${slack.url}${SLACK_PATH}`,
  DISCORD_URL: `${discord.url}${DISCORD_PATH}`,
  SMTP_PASSWORD,
  WEBHOOK_SECRET: SECRET,
})

const GITHUB = () => ({ GITHUB_STEP_SUMMARY: join(app.folder, 'summary.md') })

const release = (text: string, over: object = {}) =>
  app.compose({ services: { web: page(text, { ...over }) } })

function told(command: string, ...more: readonly string[]): Promise<Ran> {
  return app.with({ ...SECRETS(), ...GITHUB() }, command, '--yes', '--json', ...more)
}

async function receipt(...words: readonly string[]): Promise<Receipt> {
  const ran = await app.with(SECRETS(), 'report', ...words, '--format', 'json')
  expect(ran.code, ran.stderr).toBe(0)
  return JSON.parse(ran.stdout) as Receipt
}

const warnings = ({ events }: Ran) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.text] : []))

const summary = () => readFileSync(join(app.folder, 'summary.md'), 'utf8')

test('a deployment must be told to everybody, as it happened', async () => {
  release('two')
  const ran = await told('deploy')
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', serving: 'r2' })
  expect(await visit(server)).toBe('200 two')
  expect(warnings(ran)).toEqual([])

  const owner = ran.events.flatMap((each) => (each.type === 'run-started' ? [each.owner] : []))[0]
  expect(telegram.bodies.map(({ text }) => text?.split('\n')[0])).toEqual([
    '<b>▶️ shop · production: deploy of r2 has begun</b>',
    `r2 of shop is live for ${owner}`,
  ])
  expect(slack.bodies.map(({ text }) => text)).toEqual([
    '✅ shop · production: r2 is deployed and serves',
  ])
  expect(discord.bodies[0]?.embeds?.[0]?.title).toContain('r2 is deployed and serves')
  expect(smtp.mails).toHaveLength(1)
  expect(smtp.mails[0]).toMatchObject({ to: ['ops@example.com'], user: SMTP_USER })
  expect(summary()).toContain('## ✅ shop · production: r2 is deployed and serves')

  const [asked] = hook.asked
  const signed = `${asked?.headers['belay-timestamp']}.${asked?.body}`
  expect(asked?.headers['belay-signature']).toBe(
    `v1=${createHmac('sha256', SECRET).update(signed).digest('hex')}`,
  )
  const kept = await receipt()
  const posted = JSON.parse(asked?.body ?? '').receipt as Receipt
  expect(posted).toMatchObject({ run: kept.run, release: 'r2', previous: 'r1', serving: 'r2' })
  expect(kept.checks).toEqual(posted.checks)
  const deliveries = kept.told.map(({ channel, moment, ok }) => `${channel} ${moment} ${ok}`)
  expect(deliveries.sort()).toEqual([
    'discord succeeded true',
    'email succeeded true',
    'github-summary succeeded true',
    'slack succeeded true',
    'telegram started true',
    'telegram succeeded true',
    'webhook succeeded true',
  ])
})

test('one that is rolled back must be told with the reason, and its receipt say the same', async () => {
  app.compose({ services: { web: deaf('three') } })
  const ran = await told('deploy')
  expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r2' })
  expect(await visit(server)).toBe('200 two')

  const [failed] = ran.events.filter((event) => event.type === 'failed')
  const kept = await receipt()
  expect(kept).toMatchObject({
    outcome: 'rolled-back',
    exit: 4,
    release: 'r3',
    previous: 'r2',
    serving: 'r2',
    failures: [{ code: 'NOT_PROVED', message: failed?.message, hint: failed?.hint }],
  })
  const judged = kept.checks.map(({ release, verdict }) => `${release} ${verdict}`)
  expect(judged.some((text) => /^r3 (fail|unknown)$/.test(text))).toBe(true)
  expect(judged).toContain('r2 pass')
  expect(kept.hosts[0]?.steps.some(({ ok }) => !ok)).toBe(true)
  expect(kept.phases.map(({ title, ok }) => [title, ok])).toContainEqual([
    'bring images to the hosts',
    true,
  ])
  expect(kept.images).toMatchObject([{ service: 'web', reference: 'busybox:stable' }])
  expect(telegram.bodies.at(-1)).toMatchObject({ disable_notification: false })
  expect(telegram.bodies.at(-1)?.text).toContain(
    '↩️ shop · production: deploy of r3 was rolled back, r2 serves',
  )
  expect(telegram.bodies.at(-1)?.text).toContain('nothing listens on port 8000')
  expect(smtp.mails[0]?.raw).toContain('rolled back')
  expect(JSON.parse(hook.asked[0]?.body ?? '')).toMatchObject({ moment: 'rolled-back' })
  expect(summary()).toContain('was rolled back, r2 serves')
})

describe('a receipt', () => {
  test('must be had in every form, and the log with it, closed to others', async () => {
    const log = join(app.folder, 'run.log')
    const ran = await told('deploy', '--again', '--log', log, '--report', 'report.html')
    expect(ran.code).toBe(4)
    const { run } = await receipt()
    for (const format of ['text', 'markdown', 'html', 'junit']) {
      const { stdout, code } = await app.with(SECRETS(), 'report', run, '--format', format)
      expect([format, code]).toEqual([format, 0])
      expect(stdout).toContain('nothing listens on port 8000')
    }
    const { stdout } = await app.with(SECRETS(), 'report', run, '--format', 'log')
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}deploy · shop · production · run /)
    expect(stdout).toContain('error: ')
    expect(stdout.trim().split('\n').at(-1)).toContain('was not kept')
    const [here, there] = [readFileSync(log, 'utf8'), stdout].map((text) => text.trim().split('\n'))
    expect(here?.slice(0, -1)).toEqual(there?.slice(0, -1))
    expect(statSync(log).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(app.folder, 'report.html'), 'utf8')).toContain(run)
    const folder = `${stateOf('shop')}/logs`
    expect(await server.sh(`stat -c '%a' ${folder} ${folder}/${run}.log`)).toBe('700\n600')
  })

  test('must hold no secret, nor the log', async () => {
    const text = await server.sh(`cat ${stateOf('shop')}/runs/* ${stateOf('shop')}/logs/*`)
    const secrets = [TELEGRAM_TOKEN, SMTP_PASSWORD, SECRET, SLACK_PATH, DISCORD_PATH]
    expect(text).toContain('telegram')
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })
})

test('a rollback must work where no token is, and say who is not told', async () => {
  const ran = await app.belay('rollback', '--yes', '--json')
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
  expect(await visit(server)).toBe('200 one')
  expect(warnings(ran).sort()).toEqual([
    'discord is not told of this run: DISCORD_URL is not set',
    'email is not told of this run: SMTP_PASSWORD is not set',
    'slack is not told of this run: SLACK_URL is not set',
    'telegram is not told of this run: TELEGRAM_TOKEN, TELEGRAM_CHAT are not set',
    'webhook is not told of this run: WEBHOOK_SECRET is not set',
  ])
  for (const argv of [['status'], ['history'], ['check']]) {
    expect(await app.belay(...argv)).toMatchObject({ code: 0 })
  }
})

test('channels that are dead, slow or wrong must cost seconds and a warning, never the run', async () => {
  slack.trouble('hang', 'hang', 'hang')
  discord.trouble(...Array.from({ length: 9 }, () => ({ status: 500 })))
  hook.trouble('close', 'close-midway')
  telegram.trouble(tooManyRequests(1))
  release('five')
  const wrong = { ...SECRETS(), ...GITHUB(), SMTP_PASSWORD: 'not-the-password' }
  const begun = Date.now()
  const ran = await app.with(wrong, 'deploy', '--yes', '--json')
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await visit(server)).toBe('200 five')
  const decidedAt = ran.times[ran.events.findIndex(({ type }) => type === 'decided')] ?? 0
  expect(Date.now() - decidedAt).toBeLessThan(Math.max(20_000, decidedAt - begun))
  expect(
    warnings(ran)
      .map((text) => text.replace(/127\.0\.0\.1:\d+/, 'it'))
      .sort(),
  ).toEqual([
    expect.stringMatching(/^discord could not be told that the run succeeded: .*500/),
    expect.stringMatching(/^email could not be told .*does not accept this user and password/),
    expect.stringMatching(/^slack could not be told .*it did not answer within/),
  ])
  expect(telegram.asked.length).toBeGreaterThanOrEqual(3)
  expect(hook.asked).toHaveLength(3)
  const ids = new Set(hook.asked.map(({ headers }) => headers['belay-delivery']))
  expect(ids.size).toBe(1)
  const kept = await receipt()
  expect(kept).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(kept.warnings.map(({ code }) => code)).toEqual(Array(3).fill('NOTIFY_FAILED'))
})

test('nothing to do must be told to those who want to know, and change nothing', async () => {
  const ran = await told('deploy')
  expect(finished(ran)).toMatchObject({ outcome: 'nothing-to-do', exit: 0 })
  expect(telegram.bodies.map(({ text }) => text?.split('\n')[0])).toEqual([
    expect.stringMatching(/^<b>☑️ shop · production: nothing to do, r\d+ serves<\/b>$/),
  ])
  expect(slack.asked).toEqual([])
  expect(summary()).toContain('nothing to do')
})

test('belay notify test must say of each channel what it answered', async () => {
  slack.trouble({ status: 404, body: 'no_service' })
  const wrong = { ...SECRETS(), TELEGRAM_TOKEN: '1:wrong', WEBHOOK_SECRET: '' }
  const ran = await app.with(wrong, 'notify', 'test', '--json')
  expect(ran.code).toBe(3)
  const [answer] = ran.events.flatMap((event) => (event.type === 'answer' ? [event.data] : []))
  const { channels: tried } = answer as { channels: readonly Record<string, string>[] }
  expect(tried).toEqual([
    {
      channel: 'telegram',
      outcome: 'failed',
      text: 'Telegram does not know this token (401): take it from @BotFather once more',
    },
    {
      channel: 'slack',
      outcome: 'failed',
      text: 'Slack does not know this webhook (404, no_service): make a new one',
    },
    { channel: 'discord', outcome: 'told', text: 'told' },
    { channel: 'email', outcome: 'told', text: expect.stringContaining('queued') },
    { channel: 'github-summary', outcome: 'elsewhere', text: expect.any(String) },
    { channel: 'gitlab-summary', outcome: 'elsewhere', text: expect.any(String) },
    { channel: 'webhook', outcome: 'off', text: 'WEBHOOK_SECRET is not set' },
  ])
  expect(discord.bodies[0]?.embeds?.[0]?.title).toContain('this is a test')
  expect(await app.with(SECRETS(), 'notify', 'test')).toMatchObject({ code: 0 })
})
