import type { HttpSettings, Sent } from '../../config/checks/http.ts'
import type { Subject } from '../check.ts'
import { isSecure, type Place, type Request } from './aim.ts'
import type { Asked } from './wrong.ts'
import { routeTo } from './places.ts'

/** What is sent, with every part of it in its place. */
export function requestOf(settings: HttpSettings): Request & { readonly method: string } {
  const { path, port, from, url, send, cors, timeoutMs } = settings
  const sent = send === undefined ? undefined : bodyOf(send)
  const method = settings.method ?? (sent === undefined ? 'GET' : 'POST')
  return {
    path,
    ...(port === undefined ? {} : { port }),
    ...(from === undefined ? {} : { from }),
    ...(url === undefined ? {} : { url }),
    ...(sent === undefined ? {} : { body: sent.body }),
    method,
    sendHeaders: {
      ...(sent?.type === undefined ? {} : { 'content-type': sent.type }),
      ...(cors === undefined ? {} : { origin: cors.origin }),
      ...lowered(settings.sendHeaders),
    },
    timeoutMs,
  }
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

function bodyOf(sent: Sent): { readonly body: string; readonly type?: string } {
  if ('json' in sent) return { body: JSON.stringify(sent.json), type: 'application/json' }
  if ('text' in sent) return { body: sent.text }
  const body = new URLSearchParams(sent.form).toString()
  return { body, type: 'application/x-www-form-urlencoded' }
}

/** As a client would write it, wherever the question really goes. */
export function urlOf(
  { path }: Pick<HttpSettings, 'path'>,
  subject: Subject,
  { way, host }: Place,
): Asked {
  const routes = subject.definition?.routes ?? []
  const domain = (routeTo(routes, { path }) ?? routes[0])?.domain ?? '*'
  const secure = way.kind === 'here' ? way.tls : isSecure(subject, domain)
  const name = host ?? (domain === '*' ? 'localhost' : domain)
  return { url: `${secure ? 'https' : 'http'}://${name}${path}`, isSecure: secure }
}
