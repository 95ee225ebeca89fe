/** What an event from outside asks for. */
export type Wish =
  | { readonly kind: 'deploy'; readonly branch: string; readonly commit: string }
  /** It is taken note of, and nothing follows; told to whoever sent it. */
  | { readonly kind: 'nothing'; readonly because: string }

export type Verified = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** A kind of event from outside that can start a run. It reads and judges; running is not its part. */
export interface Trigger<Settings, Request> {
  readonly kind: string
  /** Whether the request may be believed: is it whole, and from whom it says? */
  readonly verify: (request: Request, settings: Settings) => Verified
  readonly read: (request: Request, settings: Settings) => readonly Wish[]
}

export function defineTrigger<Settings, Request>(
  trigger: Trigger<Settings, Request>,
): Trigger<Settings, Request> {
  return trigger
}
