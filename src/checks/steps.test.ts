import { describe, expect, it } from 'vitest'
import { answering, subjectOf } from '../../tests/support/looks.ts'
import { answered } from '../../tests/support/scripted-host.ts'
import type { StepSettings } from '../config/checks/steps.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import { steps } from './steps.ts'

const step = (path: string, over: Partial<StepSettings> = {}): StepSettings => ({
  path,
  status: [200],
  sendHeaders: {},
  headers: {},
  timeoutMs: 5000,
  save: {},
  ...over,
})

async function walk(
  list: readonly StepSettings[],
  answers: Readonly<Record<string, HttpAnswer>>,
  subject = subjectOf(),
) {
  const means = answering(answers)
  const verdict = await steps.find!(means, { steps: list }, subject)!
  return { verdict, asked: means.asked }
}

const login = answered(200, { cookies: ['sid=1; Path=/; HttpOnly'] })

describe('requests one after another', () => {
  it('must carry the cookies of earlier answers, and no others', async () => {
    const { verdict, asked } = await walk([step('/login'), step('/account')], {
      '/login': login,
      '/account': answered(200),
    })
    expect(verdict).toEqual({ verdict: 'pass', text: 'all 2 steps went well' })
    expect(asked.map(({ headers }) => headers.cookie)).toEqual([undefined, 'sid=1'])
  })

  it('must stop at the first that is wrong, and say which', async () => {
    const { verdict, asked } = await walk([step('/a'), step('/b'), step('/c')], {
      '/a': answered(200),
      '/b': answered(500),
    })
    expect(verdict).toMatchObject({
      verdict: 'fail',
      text: 'step 2 (GET /b): answered 500, not 200',
      differences: [{ what: 'status', expected: '200', got: '500' }],
    })
    expect(asked).toHaveLength(2)
  })

  it('must tell that nobody answered from a wrong answer', async () => {
    const { verdict } = await walk([step('/a'), step('/b')], { '/a': answered(200) })
    expect(verdict).toMatchObject({ verdict: 'unknown' })
  })

  it('must hand values on, each as its place demands', async () => {
    const user = answered(200, {
      body: '{"user":{"ids":[7,"a b&c"]}}',
      headers: { 'x-csrf': 't"k' },
    })
    const { verdict, asked } = await walk(
      [
        step('/me', { save: { id: { json: '$.user.ids[1]' }, csrf: { header: 'X-CSRF' } } }),
        step('/users/{{id}}', {
          sendHeaders: { 'x-csrf': '{{csrf}}' },
          send: { json: { token: '{{csrf}}', name: '{{id}}' } },
        }),
        step('/form', { send: { form: { name: '{{id}}' } } }),
      ],
      { '/me': user, '/users/a%20b%26c': answered(200), '/form': answered(200) },
    )
    expect(verdict).toMatchObject({ verdict: 'pass' })
    expect(asked[1]).toMatchObject({
      method: 'POST',
      path: '/users/a%20b%26c',
      body: '{"token":"t\\"k","name":"a b&c"}',
      headers: { 'x-csrf': 't"k', 'content-type': 'application/json' },
    })
    expect(asked[2]).toMatchObject({ body: 'name=a+b%26c' })
  })

  it('must say which value was not there, or never saved', async () => {
    const none = await walk([step('/me', { save: { id: { regex: 'id=(\\d+)' } } })], {
      '/me': answered(200, { body: 'nobody' }),
    })
    expect(none.verdict).toMatchObject({ verdict: 'fail', text: expect.stringContaining('no id') })
    const never = await walk([step('/x/{{id}}')], {})
    expect(never.verdict).toMatchObject({ text: 'nothing was saved as id', final: true })
  })

  it('must keep a cookie that comes with a redirect, and follow it as a browser does', async () => {
    const moved = answered(303, { headers: { location: '/account' }, cookies: ['sid=2; Path=/'] })
    const { verdict, asked } = await walk(
      [step('/login', { follow: 1, send: { form: { a: 'b' } } })],
      {
        'POST /login': moved,
        'GET /account': answered(200),
      },
    )
    expect(verdict).toMatchObject({ verdict: 'pass' })
    expect(asked[1]).toMatchObject({ method: 'GET', headers: { cookie: 'sid=2' } })
    expect(asked[1]).not.toHaveProperty('body')
  })

  it('must make a visitor of its own for every replica', async () => {
    const subject = subjectOf({ containers: ['shop-r2-web-1', 'shop-r2-web-2'] })
    const list = [step('/login', { port: 8000 }), step('/account', { port: 8000 })]
    const { asked } = await walk(list, { '/login': login, '/account': answered(200) }, subject)
    expect(asked).toHaveLength(4)
    expect(new Set(asked.map(({ through }) => JSON.stringify(through))).size).toBe(2)
  })
})
