import { resolve } from 'node:path'
import * as z from 'zod/mini'
import { MOMENTS, type Moment, PLACEHOLDERS, strangersIn } from '../../base/moment.ts'
import { nearest } from '../source/nearest.ts'
import { compact, described, keyed, line, listOf, optional, someOf } from '../source/leaves.ts'
import { text, turned, withDefault } from '../source/leaves.ts'
import { CHANNELS, channelKeys, type Channel } from './notify-channels.ts'

/** Who is told how a run goes. One that cannot be told from here says why, and stops nothing. */
export type NotifyConfig =
  | { readonly state: 'on'; readonly title: string; readonly channel: NotifyChannel }
  | { readonly state: 'off'; readonly title: string; readonly because: string }
  /** Made for another place, such as a CI system that this is not: nothing to be said of it. */
  | { readonly state: 'elsewhere'; readonly title: string }

export interface NotifyChannel {
  readonly kind: Channel['kind']
  /** As data; `notifications/index.ts` knows the kinds. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly on: readonly Moment[]
  /** The user's own words for some moments. */
  readonly template: Readonly<Partial<Record<Moment, string>>>
}

/** What is told where `on` is left out. */
export const TOLD_BY_DEFAULT = ['succeeded', 'failed', 'rolled-back', 'critical'] as const

/** A summary is read by who looks at the job: it also says that there was nothing to do. */
const SUMMED_BY_DEFAULT: readonly Moment[] = [...TOLD_BY_DEFAULT, 'unchanged']

const ONE = `a channel has exactly one of: ${CHANNELS.join(', ')}`

export type WrittenChannel = z.output<ReturnType<typeof notifyItem>>

/** One entry of the list. */
export function notifyItem() {
  const moments = `allowed: ${MOMENTS.join(', ')}`
  const keys = keyed({
    ...channelKeys(),
    on: optional(someOf(z.enum(MOMENTS), `a list is needed, such as [failed]; ${moments}`), {
      description:
        `When it is told: ${MOMENTS.map((moment) => `\`${moment}\``).join(', ')}. ` +
        `Left out: all but \`started\` and \`unchanged\`; a job's summary also says \`unchanged\`.`,
      examples: [['failed', 'rolled-back', 'critical']],
    }),
    name: optional(line('a text of one line is needed'), {
      description: 'What it is called in warnings, where there are several of a kind.',
      examples: ['on call'],
    }),
    template: template(),
  }).check(z.refine((written) => kindsIn(written).length === 1, { error: ONE }))
  const item = turned(keys, ({ on, name, template, ...channels }) => {
    const [kind] = kindsIn(channels)
    const channel = kind === undefined ? undefined : channels[kind]
    if (channel === undefined) throw new Error('an entry without a channel was let through')
    return compact({ ...channel, on, name, template: compact(template ?? {}) })
  })
  return described(item, { id: 'channel', description: 'One channel, and when it is told.' })
}

function kindsIn(written: object): Channel['kind'][] {
  return CHANNELS.filter((kind) => Object.hasOwn(written, kind))
}

function template() {
  const words = text('a text is needed').check(
    z.refine((words) => strangersIn(words).length === 0, {
      error: ({ input }) => strangerText(String(input)),
    }),
  )
  const keys = MOMENTS.map((moment) => {
    const about = {
      description: `The whole message of \`${moment}\`.`,
      examples: ['{app}: {release} in {environment}, by {by}'],
    }
    return [moment, optional(words, about)] as const
  })
  const all = keyed(Object.fromEntries(keys) as Record<Moment, (typeof keys)[number][1]>)
  return optional(all, {
    description:
      'Your own words for a moment, in place of the whole message. Filled in: ' +
      `${PLACEHOLDERS.map((name) => `\`{${name}}\``).join(', ')}.`,
    examples: [{ succeeded: '{app} {release} is live in {environment}' }],
  })
}

function strangerText(words: string): string {
  const [stranger = ''] = strangersIn(words)
  const near = nearest(stranger, PLACEHOLDERS)
  const hint = near === undefined ? `filled in are: ${PLACEHOLDERS.join(', ')}` : `{${near}}?`
  return `nothing is known as {${stranger}}; ${near === undefined ? hint : `did you mean ${hint}`}`
}

/** The key `notify`. */
export function notifyKey() {
  const allowed = 'a list is needed, such as [{ slack: { url: ${SLACK_URL} } }]'
  return withDefault(listOf(notifyItem(), allowed), [], {
    description: 'Who is told how a run went. See [notifications](notifications.md).',
    examples: [[{ slack: { url: '${SLACK_URL}' }, on: ['failed', 'rolled-back', 'critical'] }]],
  })
}

/** Where the command runs, as far as it matters to who is told. */
export interface NotifyPlace {
  readonly directory: string
  /** The file that GitHub shows with the job, when this is one. */
  readonly githubSummary: string | undefined
  readonly isGitlab: boolean
}

/** From what was written to what is told. */
export function resolveNotify(
  written: readonly WrittenChannel[],
  place: NotifyPlace,
): NotifyConfig[] {
  return written.map(({ name, on, template, ...channel }) => {
    const title = channelTitle(channel.kind, name)
    const settings = settingsAt(place, channel)
    if (settings === undefined) return { state: 'elsewhere', title }
    const { kind } = channel
    const usual = kind.endsWith('-summary') ? SUMMED_BY_DEFAULT : TOLD_BY_DEFAULT
    return { state: 'on', title, channel: { kind, settings, on: on ?? usual, template } }
  })
}

/** Files with their whole path; undefined for a summary of a CI system that this is not. */
function settingsAt(place: NotifyPlace, channel: Channel): NotifyChannel['settings'] | undefined {
  const at = (path: string): string => resolve(place.directory, path)
  if (channel.kind === 'github-summary') {
    const { file } = channel.settings
    const found = file === undefined ? place.githubSummary : at(file)
    return found === undefined ? undefined : { file: found }
  }
  if (channel.kind !== 'gitlab-summary') return { ...channel.settings }
  const { file, junit } = channel.settings
  return place.isGitlab ? { file: at(file), junit: at(junit) } : undefined
}

export function channelTitle(kind: string, name: string | undefined): string {
  return name === undefined ? kind : `${kind} (${name})`
}
