import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestSecure } from 'node:https'

const ASK_MS = 5000

/**
 * Docker does not pass on what a registry says of when to come again: it is asked once more, about
 * nothing. No login goes there, so that nothing depends on who answers.
 */
export async function registryPause(server: string): Promise<number | undefined> {
  const answer =
    (await ask(requestSecure, `https://${server}`)) ?? (await ask(requestPlain, `http://${server}`))
  const after = answer?.headers['retry-after']
  if (after === undefined) return undefined
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined
}

function ask(
  request: typeof requestPlain | typeof requestSecure,
  address: string,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      `${address}/v2/`,
      { timeout: ASK_MS, rejectUnauthorized: false },
      (it) => {
        it.resume()
        resolve(it)
      },
    )
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}
