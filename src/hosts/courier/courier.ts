/**
 * Carries messages to the world that is neither a server nor this machine's Docker. One attempt
 * each: patience is the caller's. Never rejects.
 */
export interface Courier {
  deliver(letter: Letter, limits: Limits): Promise<Answer>
}

export interface Limits {
  readonly timeoutMs: number
  /** Aborts when nobody waits any longer. */
  readonly signal: AbortSignal
}

export type Letter = WebLetter | MailLetter | FileLetter

/** A POST. Redirects are not followed: a secret would go to where nobody meant it to. */
export interface WebLetter {
  readonly via: 'web'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface MailLetter {
  readonly via: 'mail'
  readonly server: {
    readonly host: string
    readonly port: number
    readonly tls: 'starttls' | 'implicit' | 'none'
    readonly user?: string
    readonly password?: string
  }
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Files of this machine, such as the summary of a CI job. */
export interface FileLetter {
  readonly via: 'files'
  readonly files: readonly {
    readonly path: string
    readonly text: string
    readonly how: 'add' | 'replace'
  }[]
}

export type Answer =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  /** A mail server took it, or a file was written. */
  | { readonly kind: 'taken'; readonly text: string }
  /** A mail server or the disk said no; `passing`: the same may be taken later. */
  | { readonly kind: 'denied'; readonly isPassing: boolean; readonly text: string }
  | { readonly kind: 'unheard'; readonly text: string }
