import * as z from 'zod/mini'
import { matching, optional } from '../source/leaves.ts'

/** From where a check asks. */
export type FromSettings = {
  /** The host where absent. */
  readonly from?: 'host' | 'network' | 'here'
  /** From here: where instead of the domain of the route. */
  readonly url?: string
}

const WORDS = {
  host: '`host`: on the server itself, by the front door or the proxy',
  network: '`network`: each container by its own address, past the proxy',
  here: '`here`: from this machine, as users do, once the release has traffic',
}

/** The keys `from` and `url`. */
export function fromKeys<const Words extends readonly (keyof typeof WORDS)[]>(words: Words) {
  const url = 'the beginning of a URL is needed, such as https://shop.example.com'
  return {
    from: optional(z.enum(words), {
      description: `From where it is asked. ${words.map((word) => WORDS[word]).join('; ')}.`,
      examples: ['here'],
    }),
    url: optional(matching(/^https?:\/\/[^\s/?#@]+$/, url), {
      description: "From here: what is asked instead of the route's domain.",
      examples: ['https://www.example.com'],
    }),
  }
}

interface Written {
  readonly from?: FromSettings['from'] | undefined
  readonly url?: string | undefined
}

export function fromMistake({ from, url }: Written): string | undefined {
  const isElsewhere = from === 'host' || from === 'network'
  return url !== undefined && isElsewhere ? 'url is asked from here alone' : undefined
}

/** What is not said leaves no trace: another release would be made of it. */
export function fromSettings({ from, url }: Written) {
  const here = url === undefined ? undefined : ('here' as const)
  return { from: from === 'host' ? undefined : (from ?? here), url }
}
