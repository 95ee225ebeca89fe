import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadText, mistakesOf } from '../../../tests/config/memory-files.ts'

const HEAD = 'app: shop\nhosts: [a]\n'
const TELEGRAM = 'telegram: { token: "${TELEGRAM_TOKEN}", chat: "${TELEGRAM_CHAT}" }'
const GIVEN = { TELEGRAM_TOKEN: '123456:AAbbCC', TELEGRAM_CHAT: '-1001234567890' }

const load = (notify: string, variables: Readonly<Record<string, string>> = {}) =>
  loadText(`${HEAD}notify:\n${notify}`, { variables })

const channels = (notify: string, variables = {}) => load(notify, variables).config.notify

const mistakes = (notify: string, variables = {}) => mistakesOf(() => load(notify, variables))

describe('a channel', () => {
  it('is told how a run ended, unless it says otherwise', () => {
    expect(channels(`  - ${TELEGRAM}`, GIVEN)).toEqual([
      {
        state: 'on',
        title: 'telegram',
        channel: {
          kind: 'telegram',
          settings: {
            token: '123456:AAbbCC',
            chat: '-1001234567890',
            api: 'https://api.telegram.org',
          },
          on: ['succeeded', 'failed', 'rolled-back', 'critical'],
          template: {},
        },
      },
    ])
  })

  it('has a name, moments and words of its own where they are written', () => {
    const [channel] = channels(
      '  - { slack: { url: http://a }, name: on call, on: [critical], template: { critical: "{app}!" } }',
    )
    expect(channel).toMatchObject({
      title: 'slack (on call)',
      channel: { on: ['critical'], template: { critical: '{app}!' } },
    })
  })

  it('may be a number or a name of a Telegram chat', () => {
    for (const chat of ['-100123', '"@shop_news"']) {
      expect(channels(`  - telegram: { token: t, chat: ${chat} }`)).toHaveLength(1)
    }
  })

  it.each([
    ['{}', 587],
    ['{ tls: implicit }', 465],
    ['{ tls: none }', 25],
    ['{ port: 2525 }', 2525],
  ])('of e-mail with %s uses port %i', (more, port) => {
    const keys = more.replace(/^\{ ?/, '').replace(/ ?\}$/, '')
    const text = `  - email: { host: m, from: a@b.c, to: Ops <o@b.c>${keys && `, ${keys}`} }`
    const [channel] = channels(text)
    expect(channel).toMatchObject({ channel: { settings: { port, to: ['Ops <o@b.c>'] } } })
  })

  it('of an environment replaces those of the top level', () => {
    const text =
      'app: shop\nnotify: [{ slack: { url: http://a } }]\nenvironments:\n' +
      '  staging: { hosts: [a], notify: [] }\n  production: { hosts: [a] }\n'
    const of = (environment: string) => loadText(text, { environment }).config.notify.length
    expect([of('staging'), of('production')]).toEqual([0, 1])
  })
})

describe('a summary of a job', () => {
  it('is written where the job runs, and nowhere else', () => {
    const both = '  - github-summary: true\n  - gitlab-summary: true\n'
    expect(channels(both).map(({ state }) => state)).toEqual(['elsewhere', 'elsewhere'])
    expect(channels(both, { GITHUB_STEP_SUMMARY: '/tmp/summary' })[0]).toMatchObject({
      channel: { settings: { file: '/tmp/summary' } },
    })
    expect(channels(both, { GITLAB_CI: 'true' })[1]).toMatchObject({
      channel: { settings: { file: '/app/belay-report.md', junit: '/app/belay-report.xml' } },
    })
  })

  it('also says that there was nothing to do', () => {
    const [channel] = channels('  - github-summary: { file: x.md }')
    expect(channel).toMatchObject({ channel: { settings: { file: '/app/x.md' } } })
    expect(channel?.state === 'on' && channel.channel.on).toContain('unchanged')
  })
})

describe('a variable that only a channel uses', () => {
  it('switches the channel off when it is missing, and stops nothing', () => {
    expect(channels(`  - ${TELEGRAM}\n  - slack: { url: http://a }`)).toMatchObject([
      { state: 'on', title: 'slack' },
      { state: 'off', title: 'telegram', because: 'TELEGRAM_TOKEN, TELEGRAM_CHAT are not set' },
    ])
    expect(channels(`  - ${TELEGRAM}`, { ...GIVEN, TELEGRAM_CHAT: '' })).toEqual([
      { state: 'off', title: 'telegram', because: 'TELEGRAM_CHAT is not set' },
    ])
  })

  it('switches it off too when its value makes no sense, and never shows the value', () => {
    const off = channels('  - slack: { url: "${SLACK_URL}" }', { SLACK_URL: 'oops-no-url' })
    expect(off).toEqual([
      {
        state: 'off',
        title: 'slack',
        because: 'the value of SLACK_URL cannot be used for notify[0].slack.url',
      },
    ])
    const port = '  - email: { host: m, from: a@b.c, to: a@b.c, port: "${PORT}" }'
    expect(channels(port, { PORT: 'many' })[0]).toMatchObject({ state: 'off' })
    expect(channels(port, { PORT: '2525' })[0]).toMatchObject({ state: 'on' })
  })

  it('is still a secret', () => {
    const { secrets } = load(`  - ${TELEGRAM}`, { TELEGRAM_TOKEN: GIVEN.TELEGRAM_TOKEN })
    expect(secrets).toContain(GIVEN.TELEGRAM_TOKEN)
  })

  it('is needed in its own environment alone', () => {
    const text =
      'app: shop\nenvironments:\n  staging: { hosts: [a] }\n' +
      `  production: { hosts: [a], notify: [{ ${TELEGRAM} }] }\n`
    const of = (environment: string) => loadText(text, { environment }).config.notify
    expect(of('staging')).toEqual([])
    expect(of('production')).toMatchObject([{ state: 'off' }])
  })

  it('does not hide what is wrong in the file itself', () => {
    const text = '  - { slack: { url: "${SLACK_URL}", chanel: x } }'
    expect(mistakes(text)).toContain(
      'belay.yaml:4:37  unknown key "chanel" in notify[0].slack; known here: url',
    )
    expect(mistakes('  - slack: { url: "${SLACK-URL}" }')[0]).toContain('only ${NAME} works here')
  })
})

it('the example of the guide must load', () => {
  const guide = readFileSync('docs/guide/notifications.md', 'utf8')
  const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(guide) ?? []
  const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
  const variables = Object.fromEntries(
    names.map((name) => [name, name === 'TELEGRAM_CHAT' ? '-100' : 'https://example.com/x']),
  )
  const loaded = loadText(yaml, { variables: { ...variables, TELEGRAM_TOKEN: '1:x' } }).config
  expect(loaded.notify.map(({ state }) => state)).toEqual(['on', 'on', 'on', 'on', 'elsewhere'])
})

it('a token that is written into the file must be a secret all the same', () => {
  const { secrets } = load('  - telegram: { token: "99:ZZyyXX", chat: 1 }')
  expect(secrets).toContain('99:ZZyyXX')
})

describe('what is wrong', () => {
  it.each([
    ['telegram', 'belay.yaml:4:5  notify[0] is "telegram"; a map is needed, with the keys: '],
    ['{}', 'notify[0] is an empty map; a channel has exactly one of: telegram, slack, discord, '],
    ['{ slack: { url: http://a }, discord: { url: http://a } }', 'a channel has exactly one of'],
    ['{ slak: { url: http://a } }', 'unknown key "slak" in notify[0]; did you mean "slack"?'],
    [
      '{ slack: { url: hooks.slack.com/x } }',
      'notify[0].slack.url is "hooks.slack.com/x"; an addr',
    ],
    ['{ slack: {} }', 'notify[0].slack has no url; an address is needed'],
    ['{ slack: { url: http://a }, on: failed }', 'notify[0].on is "failed"; a list is needed'],
    [
      '{ slack: { url: http://a }, on: [rolledback] }',
      'notify[0].on[0] is "rolledback"; allowed: started, succeeded, unchanged, failed, rolled-back',
    ],
    [
      '{ telegram: { token: t, chat: ops } }',
      'notify[0].telegram.chat is "ops"; a chat is its num',
    ],
    [
      '{ telegram: { chat: 1 } }',
      'notify[0].telegram has no token; a token is what @BotFather gave',
    ],
    [
      '{ email: { host: m, from: ops, to: a@b.c } }',
      'notify[0].email.from is "ops"; an address is',
    ],
    [
      '{ email: { host: m, from: a@b.c, to: a@b.c, user: ann } }',
      'user and password belong together',
    ],
    [
      '{ slack: { url: http://a }, template: { failed: "{relese} failed" } }',
      'nothing is known as {relese}; did you mean {release}?',
    ],
    [
      '{ slack: { url: http://a }, template: { succeded: x } }',
      'unknown key "succeded" in notify[0].template; did you mean "succeeded"?',
    ],
    ['{ gitlab-summary: 1 }', 'notify[0].gitlab-summary is 1; true is needed, or a map'],
  ])('%s must be told with what is allowed', (written, words) => {
    const told = mistakes(`  - ${written}`)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^belay\.yaml:4:\d+ {2}/)
    expect(told[0]).toContain(words)
  })
})
