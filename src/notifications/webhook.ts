import { createHmac } from 'node:crypto'
import type { WebhookSettings } from '../config/pipeline/notify-channels.ts'
import { judgeAnswer } from './answers.ts'
import { headline, type Message } from './message.ts'
import { defineNotifier } from './notifier.ts'

/**
 * Anything that takes a POST of JSON. With a secret it is signed: `Belay-Signature` is `v1=` and
 * the HMAC-SHA256, in hex, of the timestamp, a full stop, and the body as it was sent.
 */
export const webhook = defineNotifier<WebhookSettings>({
  kind: 'webhook',
  write: (message, { url, secret, headers }, now) => {
    const body = JSON.stringify(bodyOf(message))
    const timestamp = String(Math.floor(now))
    return {
      via: 'web',
      url,
      body,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'belay-delivery': deliveryOf(message),
        'belay-timestamp': timestamp,
        ...(secret === undefined ? {} : { 'belay-signature': signature(secret, timestamp, body) }),
      },
    }
  },
  judge: (answer) => judgeAnswer(answer),
})

/** The same for every attempt, so that a receiver can tell that it has it already. */
function deliveryOf({ moment, receipt, isTest }: Message): string {
  return isTest === true ? `${receipt.run}-test` : `${receipt.run}-${moment}`
}

export function signature(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

function bodyOf({ moment, receipt, words, isTest }: Message) {
  if (isTest === true) {
    const { app, environment, by } = receipt
    return { v: 1, moment: 'test', app, environment, by, text: 'a test of Belay' }
  }
  return { v: 1, moment, text: words ?? headline(moment, receipt), receipt }
}
