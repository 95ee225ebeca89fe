/** A name that must have a value and has none. */
export interface MissingName {
  readonly name: string
  readonly why: 'missing' | 'empty' | 'placeholder'
  /** Who asks for it: `.env.example:3`, `compose.yaml:12`, `belay.yaml:7`. */
  readonly at: string
  /** What it is for, in the words of whoever asks. */
  readonly about: string
}
