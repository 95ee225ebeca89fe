interface Cookie {
  readonly value: string
  readonly domain: string
  /** Whether names below the domain get it, too. */
  readonly isWide: boolean
  readonly path: string
}

/** The cookies of one visit. How long they last does not matter in so short a time. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>()

  /** Takes the lines of `Set-Cookie` of an answer. */
  learn(lines: readonly string[], url: string): void {
    const { hostname } = new URL(url)
    for (const line of lines) {
      const [pair = '', ...words] = line.split(';').map((word) => word.trim())
      const at = pair.indexOf('=')
      if (at < 1) continue
      const attributes = attributesOf(words)
      const written = attributes['domain']?.replace(/^\./, '').toLowerCase()
      const domain = written !== undefined && isBelow(hostname, written) ? written : hostname
      const path = attributes['path']?.startsWith('/') === true ? attributes['path'] : '/'
      const name = pair.slice(0, at)
      const key = `${domain} ${path} ${name}`
      if (isOver(attributes)) this.#cookies.delete(key)
      else {
        const isWide = written !== undefined
        this.#cookies.set(key, { value: pair, domain, isWide, path })
      }
    }
  }

  /** What is sent to a URL; undefined when it is nothing. */
  headerFor(url: string): string | undefined {
    const { hostname, pathname } = new URL(url)
    const fit = [...this.#cookies.values()]
      .filter(({ domain, isWide }) => domain === hostname || (isWide && isBelow(hostname, domain)))
      .filter(({ path }) => isWithin(pathname, path))
      .toSorted((a, b) => b.path.length - a.path.length)
    return fit.length === 0 ? undefined : fit.map(({ value }) => value).join('; ')
  }
}

function attributesOf(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', ...value] = word.split('=')
      return [name.trim().toLowerCase(), value.join('=').trim()]
    }),
  )
}

/** A cookie is taken away by one that has ended. */
function isOver({ 'max-age': age, expires }: Readonly<Record<string, string>>): boolean {
  if (age !== undefined) return Number(age) <= 0
  return expires !== undefined && Date.parse(expires) < BEGINNING
}

/** Whoever takes a cookie away names a time long ago; clocks need not be compared. */
const BEGINNING = Date.parse('2001-01-01T00:00:00Z')

function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
