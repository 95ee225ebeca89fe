import { type Asked, type Reply, postedJson, StandIn } from './stand-in.ts'

export const SLACK_PATH = '/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX'

/** An incoming webhook of Slack: answers in plain words, not in JSON. */
export function slackStandIn(): Promise<StandIn> {
  return StandIn.open(answer)
}

function answer(asked: Asked): Reply {
  if (asked.path !== SLACK_PATH) return says(404, 'no_service')
  const sent = postedJson(asked)
  if (sent === undefined) return says(400, 'invalid_payload')
  const { text, blocks } = sent
  if (typeof text !== 'string' || text === '') return says(400, 'no_text')
  if (blocks === undefined) return says(200, 'ok')
  if (blocks.length === 0 || blocks.length > 50) {
    return says(400, 'invalid_blocks')
  }
  const areGood = blocks.every(
    (block) =>
      block.type === 'section' &&
      block.text?.type === 'mrkdwn' &&
      block.text.text.length > 0 &&
      block.text.text.length <= 3000,
  )
  return areGood ? says(200, 'ok') : says(400, 'invalid_blocks')
}

function says(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/html' }, body }
}

/** `<!channel>`, `<@U1>`, `<https://…|…>`: what Slack would act on. */
export function commandsIn(text: string): readonly string[] {
  return text.match(/<[^>]*>/g) ?? []
}
