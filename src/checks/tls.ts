import type { TlsSettings } from '../config/checks/tls.ts'
import type { Certificate } from '../hosts/asking/certificate.ts'
import { type Place, questionAt } from './asking/aim.ts'
import { failing } from './asking/answer.ts'
import type { Answered, Wrong } from './asking/wrong.ts'
import { CERTIFICATE_HINT, silence } from './asking/places.ts'
import { defineCheck, fail, pass, type Subject, unknown, type Verdict } from './check.ts'

/** The certificate that clients of a domain are shown: its end, its names, who vouches for it. */
export const tls = defineCheck<TlsSettings>({
  kind: 'tls',
  title: (settings, subject) => `certificate of ${domainOf(settings, subject) ?? 'no domain'}`,
  from: ({ from }) => from ?? 'host',
  needsTraffic: () => true,

  needs: (settings, subject) => {
    const place = placeOf(settings, subject)
    if (place === undefined) return {}
    const { timeoutMs } = settings
    const request = { path: '/', method: 'HEAD', sendHeaders: {}, timeoutMs }
    return { questions: [questionAt(request, subject, place)] }
  },

  judge: ({ answers: [answer] }, settings, subject) => {
    const domain = domainOf(settings, subject)
    if (domain === undefined) return fail('no route has a domain of its own', { final: true })
    if (answer === undefined) return unknown('was not asked')
    if (answer.kind !== 'answered') return silence(answer, settings.port, settings.from)
    return judgeCertificate(answer, { ...settings, domain })
  },
})

function domainOf({ domain }: TlsSettings, { definition }: Subject): string | undefined {
  return domain ?? definition?.routes.find((route) => route.domain !== '*')?.domain
}

function placeOf(settings: TlsSettings, subject: Subject): Place | undefined {
  const domain = domainOf(settings, subject)
  if (domain === undefined) return undefined
  const { port, from } = settings
  const { release, here } = subject
  const about = { name: domain, host: domain }
  if (from === 'here') {
    const address = { tls: true, address: domain, port: port ?? here.httpsPort }
    return { ...about, way: { kind: 'here', ...address } }
  }
  if (port === undefined && release.proxy === 'shared') {
    return { ...about, way: { kind: 'front-door', tls: true } }
  }
  return { ...about, way: { kind: 'port', port: port ?? 443, tls: true } }
}

function judgeCertificate(
  { certificate, distrust }: Answered,
  settings: TlsSettings & { readonly domain: string },
): Verdict {
  if (certificate === undefined) return unknown('no certificate was shown', { elsewhere: true })
  const wrongs = wrongsOf(certificate, distrust, settings)
  if (wrongs.length === 0) return pass(`good for another ${settings.daysLeft} days and more`)
  const reasons = { elsewhere: true, hint: CERTIFICATE_HINT } as const
  return failing(wrongs, [`issued by ${certificate.issuer}`], reasons)
}

function wrongsOf(
  certificate: Certificate,
  distrust: string | undefined,
  { domain, names, daysLeft: wanted, trusted }: TlsSettings & { readonly domain: string },
): readonly Wrong[] {
  const wrongs: Wrong[] = []
  const { daysLeft } = certificate
  if (daysLeft < wanted) {
    const text = daysLeft < 0 ? 'the certificate has expired' : 'the certificate ends too soon'
    wrongs.push({ text, what: 'days left', expected: `${wanted} or more`, got: String(daysLeft) })
  }
  const missing = [domain, ...names].filter((name) => !certificate.names.some(isFor(name)))
  if (missing.length > 0) {
    const text = `the certificate is not for ${missing.join(', ')}`
    const got = certificate.names.slice(0, 10).join(', ')
    wrongs.push({ text, what: 'names', expected: missing.join(', '), got })
  }
  if (trusted && distrust !== undefined && wrongs.length === 0) {
    const text = `the certificate ${distrust}`
    const got = certificate.chain.join(' < ')
    wrongs.push({ text, what: 'chain', expected: 'one that leads to a known authority', got })
  }
  return wrongs
}

/** `*.example.com` stands for one name below it. */
function isFor(name: string): (of: string) => boolean {
  const wanted = name.toLowerCase()
  const above = `*.${wanted.slice(wanted.indexOf('.') + 1)}`
  return (of) => of.toLowerCase() === wanted || of.toLowerCase() === above
}
