import { type Asked, type Reply, json, postedJson, StandIn } from './stand-in.ts'

export const DISCORD_PATH = '/api/webhooks/123456789012345678/abc-DEF_ghi'

/** A webhook of Discord, with the limits of its embeds. */
export function discordStandIn(): Promise<StandIn> {
  return StandIn.open(answer)
}

function answer(asked: Asked): Reply {
  const [path, query] = asked.path.split('?')
  if (path !== DISCORD_PATH) return json(404, { message: 'Unknown Webhook', code: 10015 })
  const sent = postedJson(asked)
  if (sent === undefined) return json(400, { message: 'The request body is invalid.', code: 50109 })
  const { content = '', embeds = [] } = sent
  const sizes = embeds.map(
    ({ title = '', description = '' }) => [title.length, description.length] as const,
  )
  const isEmpty = content === '' && sizes.every(([title, text]) => title + text === 0)
  if (isEmpty) return json(400, { message: 'Cannot send an empty message', code: 50006 })
  const fits = sizes.every(([title, text]) => title <= 256 && text <= 4096 && title + text <= 6000)
  if (!fits || content.length > 2000 || sizes.length > 10) {
    return json(400, { message: 'Invalid Form Body', code: 50035 })
  }
  return query === 'wait=true' ? json(200, { id: '1' }) : { status: 204 }
}

export function rateLimited(seconds: number): Reply {
  const body = { message: 'You are being rate limited.', retry_after: seconds, global: false }
  return json(429, body)
}
