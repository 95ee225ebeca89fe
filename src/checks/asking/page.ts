/** What a page needs that is asked for by itself. */
const TAGS = /<(script|link|img|source|audio|video)\b([^>]*)>/gi
const ATTRIBUTE = /\b(src|href|rel)\s*=\s*("([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
/** Of links, those that a browser loads. */
const LOADED = /\b(stylesheet|icon|preload|modulepreload|manifest|apple-touch-icon)\b/i

const PARTS_MAX = 50

/** The paths of the same origin that a page of this URL loads; the first 50. */
export function partsOf(html: string, url: string): readonly string[] {
  const { origin } = new URL(url)
  const shown = html.replaceAll(/<!--[\s\S]*?-->/g, '')
  const paths = [...shown.matchAll(TAGS)].flatMap(([, tag = '', attributes = '']) => {
    const { src, href, rel = '' } = attributesOf(attributes)
    const isLink = tag.toLowerCase() === 'link'
    const written = isLink ? (LOADED.test(rel) ? href : undefined) : src
    if (written === undefined || !URL.canParse(written, url)) return []
    const to = new URL(written, url)
    return to.origin === origin ? [`${to.pathname}${to.search}`] : []
  })
  return [...new Set(paths)].slice(0, PARTS_MAX)
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const found = [...text.matchAll(ATTRIBUTE)].map(([, name = '', , double, single, bare]) => {
    const value = double ?? single ?? bare ?? ''
    return [name.toLowerCase(), value.replaceAll('&amp;', '&')]
  })
  return Object.fromEntries(found)
}
