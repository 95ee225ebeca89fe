import { discord } from './discord.ts'
import { email } from './email.ts'
import { githubSummary } from './github-summary.ts'
import { gitlabSummary } from './gitlab-summary.ts'
import type { Notifier } from './notifier.ts'
import { slack } from './slack.ts'
import { telegram } from './telegram.ts'
import { webhook } from './webhook.ts'

/** Every kind of channel there is. */
export const NOTIFIERS = [
  telegram,
  slack,
  discord,
  email,
  webhook,
  githubSummary,
  gitlabSummary,
] as const

/** A configuration carries settings as data; its schema says that they fit their kind. */
export function notifierOf(kind: string): Notifier<unknown> {
  const found = NOTIFIERS.find((notifier) => notifier.kind === kind)
  if (found === undefined) throw new Error(`there is no channel of the kind ${kind}`)
  return found as Notifier<unknown>
}
