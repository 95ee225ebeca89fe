import { asHtml } from './as-html.ts'
import { asJunit } from './as-junit.ts'
import { asMarkdown } from './as-markdown.ts'
import { asText } from './as-text.ts'
import type { Receipt } from './receipt.ts'

/** The forms that a receipt can be had in. */
export const FORMATS = ['text', 'markdown', 'json', 'html', 'junit'] as const

export type Format = (typeof FORMATS)[number]

export function formatted(receipt: Receipt, format: Format): string {
  return WAYS[format](receipt)
}

const WAYS: Readonly<Record<Format, (receipt: Receipt) => string>> = {
  text: asText,
  markdown: asMarkdown,
  json: (receipt) => `${JSON.stringify(receipt, null, 2)}\n`,
  html: asHtml,
  junit: asJunit,
}

const ENDINGS: Readonly<Record<string, Format>> = {
  md: 'markdown',
  json: 'json',
  html: 'html',
  htm: 'html',
  xml: 'junit',
}

/** By the ending of a file's name; text for any other. */
export function formatOf(file: string): Format {
  const ending = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ''
  return ENDINGS[ending] ?? 'text'
}
