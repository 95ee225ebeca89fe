import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  SMTP_PASSWORD,
  SMTP_USER,
  SmtpStandIn,
  ownCertificate,
} from '../../../tests/support/stand-ins/smtp.ts'
import type { MailLetter } from './courier.ts'
import { mail } from './mail.ts'

const certificate = ownCertificate()
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function smtp(options: object = {}): Promise<SmtpStandIn> {
  const server = await SmtpStandIn.open({ ...certificate, ...options })
  open.push(() => server.close())
  return server
}

function letter(port: number, server: Partial<MailLetter['server']> = {}): MailLetter {
  return {
    via: 'mail',
    server: { host: '127.0.0.1', port, tls: 'none', ...server },
    from: 'Belay <belay@example.com>',
    to: ['Ops Team <ops@example.com>', 'ana@example.com'],
    subject: '↩️ shop: r42 was rolled back',
    text: 'Why: it answered 500 – ünïcode\n.\nafter a dot\n',
    html: '<p>r42 &lt;x&gt;</p>',
  }
}

const limits = (timeoutMs = 10_000) => ({ timeoutMs, signal: new AbortController().signal })
const account = { user: SMTP_USER, password: SMTP_PASSWORD }

/** This process trusts the stand-in's certificate while it works. */
async function trusting<T>(work: () => Promise<T>): Promise<T> {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    return await work()
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
}

describe('a mail', () => {
  it('arrives whole, as text and as HTML, at everybody', async () => {
    const server = await smtp({ authOptional: true, hideSTARTTLS: true })
    expect(await mail(letter(server.port), limits())).toMatchObject({ kind: 'taken' })
    const [got] = server.mails
    expect(got).toMatchObject({
      from: 'belay@example.com',
      to: ['ops@example.com', 'ana@example.com'],
      isSecure: false,
    })
    expect(got?.raw).toMatch(/^From: Belay <belay@example\.com>$/m)
    expect(got?.raw).toMatch(/^Subject: =\?UTF-8\?/m)
    expect(got?.raw).toMatch(/^Content-Type: multipart\/alternative/m)
    expect(got?.raw).toContain('=E2=80=93 =C3=BCn=C3=AFcode')
    expect(got?.raw).toContain('<p>r42 &lt;x&gt;</p>')
    expect(got?.raw).toContain('after a dot')
  })

  it('goes encrypted and signed in', async () => {
    const server = await smtp()
    const sent = letter(server.port, { tls: 'starttls', ...account })
    expect(await trusting(() => mail(sent, limits()))).toMatchObject({ kind: 'taken' })
    expect(server.mails[0]).toMatchObject({ isSecure: true, user: SMTP_USER })
  })

  it('goes encrypted from the first byte', async () => {
    const server = await smtp({ secure: true, authOptional: true })
    const sent = letter(server.port, { tls: 'implicit' })
    expect(await trusting(() => mail(sent, limits()))).toMatchObject({ kind: 'taken' })
    expect(server.mails[0]).toMatchObject({ isSecure: true })
  })

  it('does not go to a server whose certificate nobody vouches for', async () => {
    const server = await smtp({ authOptional: true })
    const end = await mail(letter(server.port, { tls: 'starttls' }), limits())
    expect(end.kind).toBe('unheard')
    expect(end).toMatchObject({ text: expect.stringContaining('certificate that is not trusted') })
    expect(server.mails).toEqual([])
  })

  it('does not go in the clear where encryption was wanted', async () => {
    const server = await smtp({
      authOptional: true,
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
    })
    const end = await mail(letter(server.port, { tls: 'starttls' }), limits())
    expect(end).toEqual({
      kind: 'denied',
      isPassing: false,
      text: 'the server offers no encryption (STARTTLS): use tls: implicit, or none for a relay',
    })
    expect(server.mails).toEqual([])
  })

  it('with a wrong password is refused for good, and the password is not repeated', async () => {
    const server = await smtp()
    const wrong = letter(server.port, { tls: 'starttls', user: SMTP_USER, password: 'wrong-word' })
    const end = await trusting(() => mail(wrong, limits()))
    expect(end).toMatchObject({ kind: 'denied', isPassing: false })
    expect(JSON.stringify(end)).toContain('does not accept this user and password')
    expect(JSON.stringify(end)).not.toContain('wrong-word')
  })

  it.each([
    [451, true],
    [552, false],
  ])('that is answered with %i may be taken later: %s', async (code, isPassing) => {
    const server = await smtp({ authOptional: true, hideSTARTTLS: true })
    server.refusals.push({ code, text: 'not like this' })
    expect(await mail(letter(server.port), limits())).toMatchObject({
      kind: 'denied',
      isPassing,
      text: expect.stringContaining(`${code} not like this`),
    })
  })
})

describe('a mail server', () => {
  it('that says nothing is waited for no longer than it may take', async () => {
    const port = await mute(() => {})
    expect(await mail(letter(port), limits(1000))).toEqual({
      kind: 'unheard',
      text: `127.0.0.1:${port} did not answer within 1 s`,
    })
  })

  it('that hangs up at once, or in the middle, was not heard', async () => {
    const atOnce = await mute((socket) => socket.destroy())
    const midway = await mute((socket) => {
      socket.write('220 hello\r\n')
      socket.once('data', () => socket.destroy())
    })
    for (const port of [atOnce, midway]) {
      const end = await mail(letter(port), limits())
      expect(end).toMatchObject({ kind: 'unheard', text: expect.stringContaining('broke the con') })
    }
  })

  it('that is not there was not heard', async () => {
    const server = await smtp()
    const { port } = server
    await server.close()
    open.pop()
    expect(await mail(letter(port), limits())).toEqual({
      kind: 'unheard',
      text: `127.0.0.1:${port} refuses the connection`,
    })
  })
})

async function mute(meet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    meet(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  })
  return (server.address() as AddressInfo).port
}
