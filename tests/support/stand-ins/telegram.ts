import { type Asked, type Reply, json, postedJson, StandIn } from './stand-in.ts'

export const TELEGRAM_TOKEN = '123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr'
export const TELEGRAM_CHAT = '-1001234567890'

/** The Bot API's `sendMessage`, as strict as the real one with markup and length. */
export function telegramStandIn(host = '127.0.0.1'): Promise<StandIn> {
  return StandIn.open(answer, host)
}

function answer(asked: Asked): Reply {
  const token = /^\/bot([^/]+)\/sendMessage$/.exec(asked.path)?.[1]
  if (token === undefined) return refuse(404, 'Not Found')
  if (token !== TELEGRAM_TOKEN) return refuse(401, 'Unauthorized')
  const sent = postedJson(asked)
  if (sent === undefined) return refuse(400, 'Bad Request: message text is empty')
  if (String(sent['chat_id']) !== TELEGRAM_CHAT) return refuse(400, 'Bad Request: chat not found')
  if (sent['parse_mode'] !== 'HTML') return refuse(400, 'Bad Request: unsupported parse_mode')
  const read = readHtml(sent.text ?? '')
  if ('error' in read) return refuse(400, `Bad Request: can't parse entities: ${read.error}`)
  if (read.text.trim() === '') return refuse(400, 'Bad Request: message text is empty')
  if (read.text.length > 4096) return refuse(400, 'Bad Request: message is too long')
  return json(200, { ok: true, result: { message_id: 7, text: read.text } })
}

function refuse(code: number, description: string): Reply {
  return json(code, { ok: false, error_code: code, description })
}

export function tooManyRequests(seconds: number): Reply {
  const description = `Too Many Requests: retry after ${seconds}`
  const body = { ok: false, error_code: 429, description, parameters: { retry_after: seconds } }
  return { ...json(429, body), headers: { 'retry-after': String(seconds) } }
}

const TAGS = new Set(['b', 'i', 'u', 's', 'code', 'pre', 'a'])

/** Telegram's HTML: few tags, each closed in its order, and no bare `<`, `>` or `&`. */
export function readHtml(html: string): { text: string } | { error: string } {
  const open: string[] = []
  let text = ''
  for (const [part] of html.matchAll(/<[^<>]*>|&[^;&\s]*;|[\s\S]/g)) {
    if (part.length > 1 && part.startsWith('<')) {
      const [, slash, name = ''] = /^<(\/?)([a-z]+)>$/.exec(part) ?? []
      if (!TAGS.has(name)) return { error: `unsupported start tag ${part}` }
      if (slash === '') open.push(name)
      else if (open.pop() !== name) return { error: `unexpected end tag ${part}` }
    } else if (part.length > 1 && part.startsWith('&')) {
      if (!/^&(amp|lt|gt|quot|#\d+);$/.test(part)) return { error: `unknown entity ${part}` }
      text += '?'
    } else if (part === '<' || part === '&') {
      return { error: `a bare ${part}` }
    } else {
      text += part
    }
  }
  return open.length > 0 ? { error: `no end tag for ${open.join()}` } : { text }
}
