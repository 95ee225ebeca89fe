import type { HttpSettings } from '../../config/checks/http.ts'
import type { HttpAnswer } from '../../hosts/host.ts'
import type { Difference } from '../check.ts'

export type Answered = Extract<HttpAnswer, { kind: 'answered' }>

/** Something that is not as it should be, in a sentence and in parts. */
export interface Wrong extends Difference {
  readonly text: string
}

export type Expected = Pick<
  HttpSettings,
  'status' | 'headers' | 'body' | 'json' | 'withinMs' | 'redirect' | 'securityHeaders'
>

/** Where the question went, as a client would write it: `https://shop.example.com/login`. */
export interface Asked {
  readonly url: string
  readonly isSecure: boolean
}
