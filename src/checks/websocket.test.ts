import { describe, expect, it } from 'vitest'
import { lookAtAnswers, subjectOf } from '../../tests/support/looks.ts'
import { answered, notAsked } from '../../tests/support/scripted-host.ts'
import type { WebSocketSettings } from '../config/checks/websocket.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import { websocket } from './websocket.ts'

const settings = (over: Partial<WebSocketSettings> = {}): WebSocketSettings => ({
  path: '/live',
  port: 8000,
  sendHeaders: {},
  timeoutMs: 5000,
  ...over,
})

const judge = (answer: HttpAnswer, over: Partial<WebSocketSettings> = {}) =>
  websocket.judge(lookAtAnswers(answer), settings(over), subjectOf())

describe('a WebSocket', () => {
  it('must be asked for where the path leads, with what is to be sent', () => {
    const wish = settings({ send: 'ping', message: { contains: 'pong' } })
    expect(websocket.needs(wish, subjectOf()).questions).toMatchObject([
      { through: { kind: 'slot' }, path: '/live', socket: { send: 'ping', awaitsMessage: true } },
    ])
  })

  it('must open', () => {
    expect(judge(answered(101))).toEqual({ verdict: 'pass', text: 'opened' })
    expect(judge(answered(200, { body: 'a page' }))).toMatchObject({
      verdict: 'fail',
      text: 'answered the handshake with 200, not 101',
      evidence: ['a page'],
    })
    expect(judge(notAsked('timeout'))).toMatchObject({ verdict: 'unknown' })
  })

  it('must say what is expected, where something is', () => {
    const message = { contains: 'pong' }
    expect(judge(answered(101, { body: 'pong!' }), { message })).toMatchObject({ verdict: 'pass' })
    expect(judge(answered(101, { body: 'nope' }), { message })).toMatchObject({
      differences: [{ what: 'message', expected: '"pong"', got: '"nope"' }],
    })
    expect(judge(answered(101), { message })).toMatchObject({
      verdict: 'fail',
      text: 'opened, but no message came in time',
    })
  })
})
