import { type IncomingHttpHeaders, request } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type AskOptions = {
  readonly headers?: Record<string, string>
  readonly timeoutMs?: number
  /** A body, which is posted. */
  readonly post?: string
}

/**
 * One request on a connection of its own to 127.0.0.1; undefined when there was no whole answer in
 * time. Not `fetch`: in Node 20 it waits for ever on a server that hangs up at once, which is what
 * a published port does while its container starts.
 */
export function get(
  port: number,
  path = '/',
  options: AskOptions = {},
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: options.headers ?? {},
      method: options.post === undefined ? 'GET' : 'POST',
    })
    const timer = setTimeout(() => asked.destroy(), options.timeoutMs ?? 5000)
    asked.on('error', () => {})
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => {})
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    asked.on('close', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
    asked.end(options.post)
  })
}
