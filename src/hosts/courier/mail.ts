import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Answer, Limits, MailLetter } from './courier.ts'
import { whyUnheard } from './unheard.ts'

/** Hands one mail to an SMTP server. */
export async function mail(letter: MailLetter, limits: Limits): Promise<Answer> {
  const { host, port } = letter.server
  const content = await compose(letter)
  const connection = connectionTo(letter, limits.timeoutMs)
  const broken = new Promise<never>((_, fail) => {
    connection.once('error', fail)
    connection.once('end', () => fail(Object.assign(new Error(), { code: 'ECONNRESET' })))
    const limit = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.timeoutMs)])
    limit.addEventListener('abort', () => fail(limit.reason), { once: true })
  })
  // It may break after the mail was taken, when nobody asks any more.
  broken.catch(() => {})
  try {
    const text = await Promise.race([handOver(connection, { letter, content }), broken])
    connection.quit()
    return { kind: 'taken', text }
  } catch (error) {
    connection.close()
    return (
      refusal(error) ?? {
        kind: 'unheard',
        text: whyUnheard(error, { host: `${host}:${port}`, ...limits }),
      }
    )
  }
}

function compose({ from, to, subject, text, html }: MailLetter): Promise<Buffer> {
  const mail = new MailComposer({ from, to: [...to], subject, text, html })
  return new Promise((done, fail) => {
    mail.compile().build((error, content) => (error ? fail(error) : done(content)))
  })
}

function connectionTo({ server }: MailLetter, timeoutMs: number): SMTPConnection {
  const { host, port, tls } = server
  return new SMTPConnection({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  })
}

interface Handover {
  readonly letter: MailLetter
  readonly content: Buffer
}

async function handOver(
  connection: SMTPConnection,
  { letter, content }: Handover,
): Promise<string> {
  const { user, password } = letter.server
  await called((done) => connection.connect(done))
  if (user !== undefined && password !== undefined) {
    await called((done) => connection.login({ user, pass: password }, done))
  }
  const envelope = { from: bare(letter.from), to: letter.to.map(bare) }
  const sent = await called<{ response?: string }>((done) =>
    connection.send(envelope, content, done),
  )
  return sent?.response ?? ''
}

function called<T>(
  act: (done: (error?: Error | null, value?: T) => void) => void,
): Promise<T | undefined> {
  return new Promise((done, fail) => act((error, value) => (error ? fail(error) : done(value))))
}

/** `Ops <ops@example.com>` → `ops@example.com`. */
function bare(address: string): string {
  return /<([^>]+)>$/.exec(address)?.[1] ?? address
}

/** What the server said no to: 4xx means that it may say yes later. */
function refusal(error: unknown): Answer | undefined {
  const { code, command, responseCode, response } = error as MailError
  if (responseCode === undefined) return undefined
  const said = (response ?? '').replaceAll(/\s+/g, ' ').trim()
  const isPassing = responseCode < 500
  return { kind: 'denied', isPassing, text: words() }

  function words(): string {
    if (command === 'STARTTLS') return NO_ENCRYPTION
    if (code === 'EAUTH') return `the server does not accept this user and password: ${said}`
    return `the server says: ${said}`
  }
}

const NO_ENCRYPTION =
  'the server offers no encryption (STARTTLS): use tls: implicit, or none for a relay'

/** As nodemailer tells it. */
interface MailError {
  readonly code?: string
  /** What the server was asked. */
  readonly command?: string
  readonly responseCode?: number
  readonly response?: string
}
