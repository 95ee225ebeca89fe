import { createHmac, timingSafeEqual } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sampleReceipt } from '../../tests/support/receipts.ts'
import { DISCORD_PATH, discordStandIn, rateLimited } from '../../tests/support/stand-ins/discord.ts'
import { SLACK_PATH, commandsIn, slackStandIn } from '../../tests/support/stand-ins/slack.ts'
import { type Asked, StandIn } from '../../tests/support/stand-ins/stand-in.ts'
import {
  TELEGRAM_CHAT,
  TELEGRAM_TOKEN,
  readHtml,
  telegramStandIn,
  tooManyRequests,
} from '../../tests/support/stand-ins/telegram.ts'
import type { Moment } from '../base/moment.ts'
import { ownCourier } from '../hosts/courier/own-courier.ts'
import { notifierOf } from './index.ts'
import type { Message } from './message.ts'
import { type Receipt, momentOf } from './receipts/receipt.ts'

const courier = ownCourier()
const NOW = 1_795_247_280

async function sent(
  kind: string,
  settings: object,
  ...[message, timeoutMs = 10_000]: [Message, number?]
) {
  const notifier = notifierOf(kind)
  const letter = notifier.write(message, settings, NOW)
  const signal = new AbortController().signal
  return notifier.judge(await courier.deliver(letter, { timeoutMs, signal }))
}

const about = (receipt: Receipt): Message => ({ moment: momentOf(receipt), receipt })
const GOOD = about(sampleReceipt('confirmed'))
const BACK = about(sampleReceipt('rolled-back'))

/** What a container, a commit and a user may come up with. */
const NASTY = [
  '<b>&amp;</b> <script> & </pre> ``` *bold* _it_ ~x~ |y| [a](http://b) # - > @everyone <!channel>',
  '\u0000\u001b[31m\r\nBcc: all@example.com',
  '🧗'.repeat(3000),
  'x'.repeat(9000),
]

/** A receipt with this text wherever texts come from elsewhere. */
function nasty(text: string): Message {
  const receipt = sampleReceipt('rolled-back')
  const failures = receipt.failures.map((failed) => {
    return {
      ...failed,
      message: text,
      hint: text,
      evidence: Array.from({ length: 40 }, () => text),
    }
  })
  const commit = { id: 'abcdef0123', subject: text, dirty: true }
  const findings = [{ about: text, text, details: {} }]
  return about({ ...receipt, failures, commit, findings, by: text })
}

const MARKUP = Array.from('<>&*_`~|[]()#\\"\'-\n 🧗x')
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6000 }),
  fc.string({ unit: fc.constantFrom(...MARKUP), maxLength: 6000 }),
)

async function alwaysTaken(kind: string, settings: object): Promise<void> {
  for (const text of NASTY) {
    expect(await sent(kind, settings, nasty(text)), text.slice(0, 80)).toMatchObject({
      kind: 'told',
    })
  }
  const property = fc.asyncProperty(anyText, async (text) => {
    const words = { ...nasty(text), words: `${text}.` }
    expect(await sent(kind, settings, nasty(text))).toMatchObject({ kind: 'told' })
    expect(await sent(kind, settings, words)).toMatchObject({ kind: 'told' })
  })
  await fc.assert(property, { numRuns: 60 })
}

const MOMENTS = ['confirmed', 'rolled-back', 'critical', 'refused', 'under-way'] as const

describe('telegram', () => {
  let api: StandIn
  const settings = () => ({ token: TELEGRAM_TOKEN, chat: TELEGRAM_CHAT, api: api.url })
  beforeAll(async () => {
    api = await telegramStandIn()
  })
  beforeEach(() => api.forget())
  afterAll(() => api.close())

  it('is told what happened', async () => {
    expect(await sent('telegram', settings(), GOOD)).toEqual({ kind: 'told', text: 'told' })
    expect(api.bodies[0]).toMatchObject({
      chat_id: TELEGRAM_CHAT,
      parse_mode: 'HTML',
      disable_notification: true,
    })
    expect(api.bodies[0]?.text?.split('\n')).toEqual([
      '<b>✅ shop · production: r42 is deployed and serves</b>',
      'Release: r42, before it r41',
      'Commit: abcdef0123 Sell socks',
      'Coverage: 81 % of lines',
      'By: ana@laptop',
      'Hosts: a.example.com',
      'Took: 12.3s',
      'Run: 20261121-074800-k3f9',
    ])
  })

  it('is told why something failed, loud, with the lines that show it', async () => {
    await sent('telegram', settings(), BACK)
    const [body] = api.bodies
    expect(body).toMatchObject({ disable_notification: false })
    expect(body?.text).toContain('↩️ shop · production: deploy of r42 was rolled back, r41 serves')
    expect(body?.text).toContain('Why: r42 did not prove itself on a.example.com')
    expect(body?.text).toContain(
      '<pre>Traceback (most recent call last):\nKeyError: &lt;DATABASE_URL&gt; &amp; more</pre>',
    )
  })

  it('reaches a topic of a group', async () => {
    await sent('telegram', { ...settings(), topic: 7 }, GOOD)
    expect(api.bodies[0]).toMatchObject({ message_thread_id: 7 })
  })

  it('takes any text, escaped and short enough', () => alwaysTaken('telegram', settings()))

  it('shows a text as it was', async () => {
    await sent('telegram', settings(), { ...GOOD, words: 'a < b && c > d' })
    expect(readHtml(api.bodies[0]?.text ?? '')).toEqual({ text: 'a ? b ?? c ? d' })
  })

  it.each([
    [{ token: '1:wrong' }, 'Telegram does not know this token (401): take it from @BotFather'],
    [{ chat: '5' }, 'Telegram knows no such chat (400), or the bot is not in it: add it'],
    [{ token: 'a/b' }, 'Telegram does not know this token (404)'],
  ])('says plainly what is wrong with %o', async (over, words) => {
    const end = await sent('telegram', { ...settings(), ...over }, GOOD)
    expect(end.kind).toBe('refused')
    expect(end.text).toContain(words)
    expect(end.text).not.toContain('wrong')
  })

  it('says when to come again', async () => {
    api.trouble(tooManyRequests(3))
    expect(await sent('telegram', settings(), GOOD)).toEqual({
      kind: 'later',
      text: 'Telegram takes no more messages for now (429)',
      afterMs: 3000,
    })
  })
})

describe('slack', () => {
  let api: StandIn
  const settings = () => ({ url: `${api.url}${SLACK_PATH}` })
  beforeAll(async () => {
    api = await slackStandIn()
  })
  beforeEach(() => api.forget())
  afterAll(() => api.close())

  it('is told what happened, and why', async () => {
    expect(await sent('slack', settings(), BACK)).toMatchObject({ kind: 'told' })
    const [body] = api.bodies
    const texts = body?.blocks?.map(({ text }) => text?.text ?? '') ?? []
    expect(body?.text).toBe('↩️ shop · production: deploy of r42 was rolled back, r41 serves')
    expect(texts[0]).toContain('*↩️ shop · production: deploy of r42 was rolled back, r41 serves*')
    expect(texts[0]).toContain('\nTo do: read its last lines above\n')
    expect(texts[1]).toMatch(/^```Traceback[^`]*&lt;DATABASE_URL&gt; &amp; more```$/)
  })

  it('takes any text, escaped and short enough', () => alwaysTaken('slack', settings()))

  it('rings nobody, whatever a text says', async () => {
    await sent('slack', settings(), nasty('<!channel> <@U024BE7LH> ``` <!here>'))
    const { text = '', blocks = [] } = api.bodies[0] ?? {}
    const all = [text, ...blocks.map((block) => block.text?.text ?? '')]
    expect(all.flatMap(commandsIn)).toEqual([])
    expect(all.join('').match(/```/g)).toHaveLength(2)
  })

  it('says plainly that the webhook is gone', async () => {
    const end = await sent('slack', { url: `${api.url}/services/gone` }, GOOD)
    expect(end).toEqual({
      kind: 'refused',
      text: 'Slack does not know this webhook (404, no_service): make a new one',
    })
  })

  it('says when to come again', async () => {
    api.trouble({ status: 429, headers: { 'retry-after': '2' }, body: 'rate_limited' })
    expect(await sent('slack', settings(), GOOD)).toMatchObject({ kind: 'later', afterMs: 2000 })
  })
})

describe('discord', () => {
  let api: StandIn
  const settings = () => ({ url: `${api.url}${DISCORD_PATH}` })
  beforeAll(async () => {
    api = await discordStandIn()
  })
  beforeEach(() => api.forget())
  afterAll(() => api.close())

  it('is told what happened, and why', async () => {
    expect(await sent('discord', settings(), BACK)).toMatchObject({ kind: 'told' })
    const [embed] = api.bodies[0]?.embeds ?? []
    expect(api.asked[0]?.path).toBe(`${DISCORD_PATH}?wait=true`)
    expect(embed?.title).toBe('↩️ shop · production: deploy of r42 was rolled back, r41 serves')
    expect(embed?.description).toContain('**Why** r42 did not prove itself on a.example.com')
    expect(embed?.description).toMatch(/```\nTraceback[^`]*KeyError: <DATABASE_URL> & more\n```$/)
  })

  it('takes any text, escaped and short enough', () => alwaysTaken('discord', settings()))

  it('rings nobody, and shows markup as it was written', async () => {
    await sent('discord', settings(), nasty('**x** @everyone'))
    const [body] = api.bodies
    expect(body).toMatchObject({ allowed_mentions: { parse: [] } })
    expect(body?.embeds?.[0]?.description).toContain(String.raw`\*\*x\*\* \@everyone`)
  })

  it('says plainly that the webhook is gone', async () => {
    const end = await sent('discord', { url: `${api.url}/api/webhooks/1/gone` }, GOOD)
    expect(end).toEqual({
      kind: 'refused',
      text: 'Discord does not know this webhook (404): make a new one',
    })
  })

  it('says when to come again', async () => {
    api.trouble(rateLimited(0.65))
    expect(await sent('discord', settings(), GOOD)).toMatchObject({ kind: 'later', afterMs: 650 })
  })
})

describe('webhook', () => {
  const SECRET = 'webhook-secret-1234'
  let api: StandIn
  const settings = () => ({ url: `${api.url}/hook`, secret: SECRET, headers: { 'x-team': 'a' } })
  beforeAll(async () => {
    api = await StandIn.open((asked) => ({ status: isSigned(asked) ? 204 : 401, body: 'no' }))
  })
  beforeEach(() => api.forget())
  afterAll(() => api.close())

  /** As a receiver would do it, by the guide alone. */
  function isSigned({ headers, body }: Asked): boolean {
    const signed = `${headers['belay-timestamp'] ?? ''}.${body}`
    const wanted = `v1=${createHmac('sha256', SECRET).update(signed).digest('hex')}`
    const got = headers['belay-signature'] ?? ''
    return got.length === wanted.length && timingSafeEqual(Buffer.from(got), Buffer.from(wanted))
  }

  it('is signed over the time and the body, and says what it is', async () => {
    expect(await sent('webhook', settings(), BACK)).toMatchObject({ kind: 'told' })
    expect(api.asked[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: {
        'content-type': 'application/json',
        'belay-timestamp': String(NOW),
        'belay-delivery': '20261121-074800-k3f9-rolled-back',
        'x-team': 'a',
      },
    })
    expect(api.bodies[0]).toMatchObject({
      v: 1,
      moment: 'rolled-back',
      text: 'deploy of r42 was rolled back, r41 serves',
      receipt: { v: 1, release: 'r42', serving: 'r41', exit: 4, outcome: 'rolled-back' },
    })
  })

  it('is not signed without a secret', async () => {
    const end = await sent('webhook', { url: `${api.url}/hook`, headers: {} }, GOOD)
    expect(end).toEqual({ kind: 'refused', text: 'it answers 401: no' })
    expect(api.asked[0]?.headers['belay-signature']).toBeUndefined()
  })

  it('takes any text', () => alwaysTaken('webhook', settings()))

  it('is not sent on to where an answer points', async () => {
    api.trouble({ status: 302, headers: { location: `${api.url}/other` } })
    const end = await sent('webhook', settings(), GOOD)
    expect(end.kind).toBe('refused')
    expect(end.text).toContain('redirect (302), which is not followed')
    expect(api.asked).toHaveLength(1)
  })

  it.each([
    ['hang', 'did not answer within 1 s'],
    ['close', 'broke the connection off'],
    ['close-midway', 'broke the connection off'],
    [{ status: 500, body: '<html>oops' }, 'it answers 500'],
    [{ status: 503, body: 'down for  now\n' }, 'it answers 503: down for now'],
  ] as const)('may be told later when the server answers %j', async (trouble, words) => {
    api.trouble(trouble)
    const end = await sent('webhook', settings(), GOOD, trouble === 'hang' ? 1000 : 10_000)
    expect(end.kind).toBe('later')
    expect(end.text).toContain(words)
  })

  it('says which server cannot be had, and nothing of the rest of its address', async () => {
    const unused = await StandIn.open(() => ({ status: 200 }))
    const { port } = unused
    await unused.close()
    const url = `http://127.0.0.1:${port}/secret-part`
    expect(await sent('webhook', { url, headers: {} }, GOOD)).toEqual({
      kind: 'later',
      text: `127.0.0.1:${port} refuses the connection`,
    })
    const unknown = await sent('webhook', { url: 'http://no.such.invalid/x', headers: {} }, GOOD)
    expect(unknown.text).toMatch(/^no\.such\.invalid (is not a name|could not be looked up)/)
  })

  it('reads no more of an endless answer than it needs', async () => {
    api.trouble({ status: 400, body: 'x'.repeat(5_000_000) })
    const end = await sent('webhook', settings(), GOOD)
    expect(end.text.length).toBeLessThan(300)
  })
})

describe('summaries', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-summary-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('of GitHub are added to what is there', async () => {
    const file = join(folder, 'summary.md')
    writeFileSync(file, 'before\n')
    expect(await sent('github-summary', { file }, BACK)).toMatchObject({ kind: 'told' })
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^before\n## ↩️ shop · production: deploy of r42 was rolled back/)
    expect(text).toContain('KeyError: <DATABASE_URL> & more')
  })

  it('of GitHub fit into what it takes', async () => {
    const file = join(folder, 'long.md')
    await sent('github-summary', { file }, nasty('🧗'.repeat(100_000)))
    expect(readFileSync(file).length).toBeLessThan(1024 ** 2)
  })

  it('of GitLab are a report and its parts as tests', async () => {
    const [file, junit] = [join(folder, 'x/report.md'), join(folder, 'x/report.xml')]
    expect(await sent('gitlab-summary', { file, junit }, BACK)).toMatchObject({ kind: 'told' })
    expect(readFileSync(file, 'utf8')).toContain('was rolled back')
    expect(readFileSync(junit, 'utf8')).toContain('<testcase classname="run"')
  })

  it('say so when the file cannot be written', async () => {
    const end = await sent('github-summary', { file: folder }, GOOD)
    expect(end).toEqual({ kind: 'refused', text: `${folder} cannot be written (EISDIR)` })
  })
})

it.each(MOMENTS)('a run that is %s must have a title of its own', (outcome) => {
  const receipt = sampleReceipt(outcome)
  const titles: Record<(typeof MOMENTS)[number], [Moment, string]> = {
    confirmed: ['succeeded', 'r42 is deployed and serves'],
    'rolled-back': ['rolled-back', 'deploy of r42 was rolled back, r41 serves'],
    critical: ['critical', 'deploy of r42 needs a person now'],
    refused: ['failed', 'deploy failed, and what serves was not touched'],
    'under-way': ['started', 'deploy of r42 has begun'],
  }
  const [moment, title] = titles[outcome]
  expect(momentOf(receipt)).toBe(moment)
  const letter = notifierOf('webhook').write(about(receipt), { url: 'http://a', headers: {} }, NOW)
  expect(letter.via === 'web' && JSON.parse(letter.body).text).toBe(title)
})
