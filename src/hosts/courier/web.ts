import type { Answer, Limits, WebLetter } from './courier.ts'
import { whyUnheard } from './unheard.ts'

/** An answer is a few words; whoever sends more is cut off. */
const BODY_MAX = 64 * 1024

/** One POST, and what came back. */
export async function post(
  { url, headers, body }: WebLetter,
  { timeoutMs, signal }: Limits,
): Promise<Answer> {
  const { host } = new URL(url)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: limit,
    })
    const told = Object.fromEntries(answer.headers)
    return { kind: 'answered', status: answer.status, headers: told, body: await read(answer) }
  } catch (error) {
    return { kind: 'unheard', text: whyUnheard(error, { host, timeoutMs }) }
  }
}

async function read({ body }: Response): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > BODY_MAX) break
  }
  return text.slice(0, BODY_MAX)
}
