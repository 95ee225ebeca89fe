import * as z from 'zod/mini'
import { compact, keyed, line, matching, optional, passing } from '../source/leaves.ts'
import { described, port, someOf, turned, whole, withDefault } from '../source/leaves.ts'

/**
 * What each channel can be told: the schema of what users write, and the type of what the kinds in
 * `notifications/` are given. The values are plain data.
 */
export type Channel =
  | { readonly kind: 'telegram'; readonly settings: TelegramSettings }
  | { readonly kind: 'slack'; readonly settings: SlackSettings }
  | { readonly kind: 'discord'; readonly settings: DiscordSettings }
  | { readonly kind: 'email'; readonly settings: EmailSettings }
  | { readonly kind: 'webhook'; readonly settings: WebhookSettings }
  | { readonly kind: 'github-summary'; readonly settings: GithubSummarySettings }
  | { readonly kind: 'gitlab-summary'; readonly settings: GitlabSummarySettings }

export const CHANNELS = [
  'telegram',
  'slack',
  'discord',
  'email',
  'webhook',
  'github-summary',
  'gitlab-summary',
] as const satisfies readonly Channel['kind'][]

export type TelegramSettings = {
  readonly token: string
  readonly chat: string
  /** A topic of a forum group. */
  readonly topic?: number
  readonly api: string
}

export type SlackSettings = { readonly url: string }
export type DiscordSettings = { readonly url: string }

export type EmailSettings = {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'implicit' | 'none'
  readonly user?: string
  readonly password?: string
  readonly from: string
  readonly to: readonly string[]
}

export type WebhookSettings = {
  readonly url: string
  /** Signs what is sent, when there is one. */
  readonly secret?: string
  readonly headers: Readonly<Record<string, string>>
}

/** Absolute once resolved. */
export type GithubSummarySettings = { readonly file?: string }
export type GitlabSummarySettings = { readonly file: string; readonly junit: string }

/** What is a secret also where somebody wrote it into the file. */
export const CHANNEL_SECRETS: readonly (readonly [Channel['kind'], key: string])[] = [
  ['telegram', 'token'],
  ['slack', 'url'],
  ['discord', 'url'],
  ['email', 'password'],
  ['webhook', 'secret'],
]

/** The keys of one entry, of which exactly one is there. */
export function channelKeys() {
  return {
    telegram: optional(channel('telegram', telegram()), {
      description: 'A Telegram chat, by a bot.',
      examples: [{ token: '${TELEGRAM_TOKEN}', chat: '${TELEGRAM_CHAT}' }],
    }),
    slack: optional(channel('slack', address('hooks.slack.com/services/…')), {
      description: 'A Slack channel, by an incoming webhook.',
      examples: [{ url: '${SLACK_URL}' }],
    }),
    discord: optional(channel('discord', address('discord.com/api/webhooks/…')), {
      description: 'A Discord channel, by a webhook.',
      examples: [{ url: '${DISCORD_URL}' }],
    }),
    email: optional(channel('email', email()), {
      description: 'E-mail, by an SMTP server.',
      examples: [{ host: 'smtp.example.com', from: 'belay@example.com', to: ['ops@example.com'] }],
    }),
    webhook: optional(channel('webhook', webhook()), {
      description: 'Anything that takes a POST of JSON.',
      examples: [{ url: 'https://example.com/deployments', secret: '${WEBHOOK_SECRET}' }],
    }),
    'github-summary': optional(channel('github-summary', githubSummary()), {
      description: 'The summary of a GitHub Actions job; nothing elsewhere. `true`, or a map.',
      examples: [true],
    }),
    'gitlab-summary': optional(channel('gitlab-summary', gitlabSummary()), {
      description: 'Report files for a GitLab job; nothing elsewhere. `true`, or a map.',
      examples: [true],
    }),
  }
}

function channel<Kind extends Channel['kind'], Schema extends z.core.$ZodType>(
  kind: Kind,
  settings: Schema,
) {
  return turned(settings, (written) => ({ kind, settings: written }))
}

function telegram() {
  const chat = 'a chat is its number, such as -1001234567890, or @channelname'
  const name = matching(/^(-?\d{1,20}|@[A-Za-z]\w{3,})$/, chat)
  const number = turned(z.int({ error: chat }), String)
  const keys = keyed({
    token: described(matching(/^[\w:-]+$/, 'a token is what @BotFather gave: 123456:ABC…'), {
      description: "The bot's token, from @BotFather.",
      examples: ['${TELEGRAM_TOKEN}'],
    }),
    chat: described(z.union([name, number], { error: chat }), {
      description: 'The number of the chat, or the @name of a public channel.',
      examples: ['${TELEGRAM_CHAT}'],
    }),
    topic: optional(whole(1, 2 ** 31, 'a topic is a whole number'), {
      description: 'The topic, in a group that has topics.',
      examples: [7],
    }),
    api: withDefault(url(), 'https://api.telegram.org', {
      description: 'A Bot API server of your own.',
      examples: ['https://telegram.example.com'],
    }),
  })
  return turned(keys, (written): TelegramSettings => compact(written))
}

function address(where: string) {
  return keyed({
    url: described(url(), {
      description: `The webhook's address: https://${where} It is a secret: whoever has it can post.`,
      examples: ['${WEBHOOK_URL}'],
    }),
  })
}

const MAIL_ADDRESS = 'an address is such as ops@example.com, or Ops <ops@example.com>'

function email() {
  const mail = matching(/^([^<>\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, MAIL_ADDRESS)
  const several = someOf(mail, `a list of addresses is needed; ${MAIL_ADDRESS}`)
  const one = turned(mail, (to) => [to])
  const keys = keyed({
    host: described(line('the name of a server is needed, such as smtp.example.com'), {
      description: 'The SMTP server.',
      examples: ['smtp.example.com'],
    }),
    port: optional(port(), {
      description: 'Its port: 587, or 465 with `tls: implicit`, 25 with `tls: none`.',
      examples: [2525],
    }),
    tls: withDefault(z.enum(['starttls', 'implicit', 'none']), 'starttls', {
      description:
        '`starttls`: encrypted after a greeting, and nothing is sent if it is not offered. ' +
        '`implicit`: from the first byte. `none`: for a relay on this machine.',
      examples: ['implicit'],
    }),
    user: optional(line('a text of one line is needed'), {
      description: 'To sign in with; left out, nobody signs in.',
      examples: ['belay@example.com'],
    }),
    password: optional(line('a text of one line is needed'), {
      description: 'To sign in with.',
      examples: ['${SMTP_PASSWORD}'],
    }),
    from: described(mail, { description: 'The sender.', examples: ['belay@example.com'] }),
    to: described(z.union([several, one], { error: MAIL_ADDRESS }), {
      description: 'An address, or a list of them.',
      examples: [['ops@example.com', 'ana@example.com']],
    }),
  }).check(
    z.refine(({ user, password }) => (user === undefined) === (password === undefined), {
      error: 'user and password belong together: give both, or none',
    }),
  )
  return turned(keys, ({ port, ...written }): EmailSettings => {
    return compact({ ...written, port: port ?? PORTS[written.tls] })
  })
}

const PORTS = { starttls: 587, implicit: 465, none: 25 } as const

function webhook() {
  const value = line('the value of a header is a text of one line')
  const name = matching(/^[A-Za-z0-9-]+$/, 'the name of a header has only letters, digits and -')
  const keys = keyed({
    url: described(url(), {
      description: 'Where the message is posted to.',
      examples: ['https://example.com/deployments'],
    }),
    secret: optional(line('a text of one line is needed'), {
      description: 'Signs each message, so that the receiver can tell that it is yours.',
      examples: ['${WEBHOOK_SECRET}'],
    }),
    headers: optional(z.record(name, value, { error: 'a map of header names is needed' }), {
      description: 'Headers to send with it.',
      examples: [{ authorization: 'Bearer ${WEBHOOK_TOKEN}' }],
    }),
  })
  return turned(keys, (written): WebhookSettings => {
    return compact({ ...written, headers: written.headers ?? {} })
  })
}

function githubSummary() {
  const keys = keyed({
    file: optional(line('a path is needed'), {
      description: 'Where the summary is added, in place of the file that GitHub names.',
      examples: ['summary.md'],
    }),
  })
  const plain = turned(z.literal(true), (): GithubSummarySettings => ({}))
  const chosen = turned(keys, (written): GithubSummarySettings => compact(written))
  return z.union([plain, chosen], { error: TRUE_OR_MAP })
}

function gitlabSummary() {
  const defaults: GitlabSummarySettings = { file: 'belay-report.md', junit: 'belay-report.xml' }
  const path = line('a path is needed')
  const keys = keyed({
    file: withDefault(path, defaults.file, {
      description: 'The report, for `artifacts: paths`.',
      examples: ['reports/deploy.md'],
    }),
    junit: withDefault(path, defaults.junit, {
      description: 'Phases, steps and checks, for `artifacts: reports: junit`.',
      examples: ['reports/deploy.xml'],
    }),
  })
  return z.union([turned(z.literal(true), () => defaults), keys], { error: TRUE_OR_MAP })
}

const TRUE_OR_MAP = 'true is needed, or a map with its keys'

function url() {
  return passing(isWebAddress, 'an address is needed, such as https://example.com/hook')
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)
}
