import type { CoverageFormat, Read } from './format.ts'

/**
 * Cobertura XML: what counts stands in the attributes of its outermost element, so the rest need
 * not be understood (https://github.com/cobertura/web/blob/master/htdocs/xml/coverage-04.dtd).
 */
export const cobertura: CoverageFormat = {
  name: 'Cobertura XML',
  recognises: (text) => /^<coverage[\s>]/.test(rootOf(text) ?? ''),
  read(text) {
    if (!text.trimEnd().endsWith('</coverage>')) {
      return { reason: 'it was cut off: its element coverage has no end' }
    }
    const root = rootOf(text) ?? ''
    return counted(root) ?? rated(root) ?? { reason: 'its element coverage has no line-rate' }
  },
}

/** The first tag that is no declaration, comment or document type. */
function rootOf(text: string): string | undefined {
  const prologue = /^\s*(?:<\?[^]*?\?>|<!--[^]*?-->|<!DOCTYPE[^>[]*(?:\[[^\]]*\])?[^>]*>|\s)*/i
  const rest = text.replace(prologue, '')
  return /^<[a-z][^>]*>/i.exec(rest)?.[0]
}

function counted(root: string): Read | undefined {
  const [hit, found] = [numberIn(root, 'lines-covered'), numberIn(root, 'lines-valid')]
  return hit === undefined || found === undefined ? undefined : { hit, found }
}

/** Older writers tell the share alone. */
function rated(root: string): Read | undefined {
  const rate = numberIn(root, 'line-rate')
  return rate === undefined || rate > 1 ? undefined : { hit: Math.round(rate * 1e6), found: 1e6 }
}

function numberIn(root: string, attribute: string): number | undefined {
  const written = new RegExp(`\\s${attribute}\\s*=\\s*["']([0-9.]+)["']`).exec(root)?.[1]
  return written === undefined ? undefined : Number(written)
}
