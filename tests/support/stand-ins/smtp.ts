import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export const SMTP_USER = 'belay'
export const SMTP_PASSWORD = 'smtp-password-1234'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly isSecure: boolean
  readonly user: string | undefined
}

/** A real SMTP server on loopback, which keeps what it is given. */
export class SmtpStandIn {
  readonly mails: ReceivedMail[] = []
  /** What the next deliveries are refused with, first come first served. */
  readonly refusals: { readonly code: number; readonly text: string }[] = []
  readonly #server: SMTPServer

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      ...options,
      onAuth: ({ username, password }, _session, done) => {
        if (username === SMTP_USER && password === SMTP_PASSWORD) done(null, { user: username })
        else done(refusal(535, '5.7.8 Authentication credentials invalid'))
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const refused = this.refusals.shift()
          if (refused !== undefined) return done(refusal(refused.code, refused.text))
          const { mailFrom, rcptTo } = session.envelope
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw: Buffer.concat(chunks).toString(),
            isSecure: session.secure,
            user: session.user as string | undefined,
          })
          done(null, 'queued as 1')
        })
      },
    })
    // A client that goes away is a part of some tests.
    this.#server.on('error', () => {})
  }

  static async open(options: SMTPServerOptions = {}): Promise<SmtpStandIn> {
    const standIn = new SmtpStandIn(options)
    await new Promise<void>((done) => standIn.#server.listen(0, '127.0.0.1', done))
    return standIn
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => this.#server.close(done))
  }
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}

/** A certificate for 127.0.0.1 that signs itself, as nobody would trust. */
export function ownCertificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'belay-cert-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      .concat(['-days', '2', '-keyout', key, '-out', cert])
      .concat(subject),
    { stdio: 'ignore' },
  )
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  rmSync(folder, { recursive: true })
  return made
}
