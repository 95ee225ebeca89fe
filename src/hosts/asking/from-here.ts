import type { HttpAnswer } from '../host.ts'
import type { HereQuestion } from '../workstation.ts'
import { lacksCertificate } from './certificate.ts'
import { exchange, type Failed } from './exchange.ts'

type NotAsked = Extract<HttpAnswer, { kind: 'not-asked' }>

/** Asks from this machine, as any client of the app would: by its name, over the network. */
export async function askFromHere(question: HereQuestion): Promise<HttpAnswer> {
  const { tls, address, port } = question.through
  const end = await exchange(question, {
    isTls: tls,
    agent: false,
    headers: { connection: 'close' },
    host: address,
    port,
    ...(tls ? tlsOptions(question) : {}),
  })
  return end.kind === 'answered' ? end : notAsked(question, end)
}

/** The certificate is looked at with the answer; an address has no name to ask for. */
function tlsOptions({ host }: HereQuestion) {
  const name = host.replace(/:\d+$/, '')
  const isAddress = /^[\d.]+$|:/.test(name)
  return { rejectUnauthorized: false, ...(isAddress ? {} : { servername: name }) }
}

const WHYS: Readonly<Record<string, NotAsked['why']>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'no-such-name',
  EAI_AGAIN: 'no-such-name',
  EHOSTUNREACH: 'no-way',
  ENETUNREACH: 'no-way',
  EHOSTDOWN: 'no-way',
}

function notAsked({ through, host, timeoutMs }: HereQuestion, end: Failed): NotAsked {
  const kind = 'not-asked'
  if (end.isLate) return { kind, why: 'timeout', reason: `no answer within ${timeoutMs} ms` }
  if (lacksCertificate(end.error)) {
    return { kind, why: 'no-certificate', reason: `there is no certificate for ${host}` }
  }
  const { code = '', message } = end.error
  const why = WHYS[code] ?? 'broken'
  const reason = why === 'no-such-name' ? `there is no address of ${through.address}` : message
  return { kind, why, reason }
}
