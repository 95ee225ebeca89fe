import type { Answer, Letter } from '../hosts/courier/courier.ts'
import type { Message } from './message.ts'

/** What became of one attempt. */
export type Delivery =
  | { readonly kind: 'told'; readonly text: string }
  /** The same may be taken later; `afterMs` where the other side said when. */
  | { readonly kind: 'later'; readonly text: string; readonly afterMs?: number }
  /** Asking again would be answered alike. */
  | { readonly kind: 'refused'; readonly text: string }

/** A kind of channel. It words a message and reads the answer; `post.ts` sends, and is patient. */
export interface Notifier<Settings> {
  readonly kind: string
  /** `now`: seconds since 1970, for what is signed. */
  readonly write: (message: Message, settings: Settings, now: number) => Letter
  readonly judge: (answer: Answer) => Delivery
}

export function defineNotifier<Settings>(notifier: Notifier<Settings>): Notifier<Settings> {
  return notifier
}
