import type { WebSocketSettings } from '../config/checks/websocket.ts'
import { aim, questionAt, type Request } from './asking/aim.ts'
import { bodyLines, failing, shownMatch } from './asking/answer.ts'
import type { Answered } from './asking/wrong.ts'
import { quoted, textMismatch } from './asking/matching.ts'
import { CERTIFICATE_HINT, outOfReach, silence } from './asking/places.ts'
import { defineCheck, fail, pass, unknown, type Verdict, worst } from './check.ts'

/** A WebSocket opens, and its first message is the one that is expected. */
export const websocket = defineCheck<WebSocketSettings>({
  kind: 'websocket',
  title: ({ path }) => `WebSocket ${path}`,
  from: ({ from = 'host' }) => from,
  needsTraffic: ({ from }) => from === 'here',

  needs: (settings, subject) => ({
    questions: aim(settings, subject).places.map((place) =>
      questionAt(handshake(settings), subject, place),
    ),
  }),

  judge: ({ answers }, settings, subject) => {
    const { places, port } = aim(settings, subject)
    if (places.length === 0) return outOfReach(subject)
    return worst(
      places.map(({ name }, n) => {
        const answer = answers[n]
        if (answer === undefined) return [name, unknown('was not asked')]
        if (answer.kind !== 'answered') return [name, silence(answer, port, settings.from)]
        return [name, judgeAnswer(answer, settings)]
      }),
    )
  },
})

function handshake({ send, message, ...settings }: WebSocketSettings): Request {
  const socket = { ...(send === undefined ? {} : { send }), awaitsMessage: message !== undefined }
  return { ...settings, method: 'GET', socket }
}

function judgeAnswer(answer: Answered, { message }: WebSocketSettings): Verdict {
  const { status, body, distrust } = answer
  if (status !== 101) {
    const text = `answered the handshake with ${status}, not 101`
    const wrong = { text, what: 'handshake', expected: '101', got: String(status) }
    return failing([wrong], bodyLines(body))
  }
  const mismatch = message && textMismatch(body, message)
  if (message !== undefined && mismatch !== undefined) {
    const text =
      body === '' ? 'opened, but no message came in time' : `the first message ${mismatch}`
    const got = body === '' ? 'nothing' : quoted(body)
    return failing([{ text, what: 'message', expected: shownMatch(message), got }], [])
  }
  if (distrust === undefined) return pass(message === undefined ? 'opened' : 'opened, and spoke')
  const text = `opened, but the certificate ${distrust}`
  return fail(text, { elsewhere: true, hint: CERTIFICATE_HINT })
}
