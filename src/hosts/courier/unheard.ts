/** Why nobody answered, in words that hold no address but the server's name. */
export function whyUnheard(
  error: unknown,
  { host, timeoutMs }: { readonly host: string; readonly timeoutMs: number },
): string {
  const codes = codesOf(error)
  const known = codes.map((code) => WHY[code]).find((why) => why !== undefined)
  if (known !== undefined) return `${host} ${known}`
  const isTls = codes.some((code) => /CERT|TLS|SSL|SELF_SIGNED|ALTNAME/.test(code))
  if (isTls || saysCertificate(error)) return `${host} shows a certificate that is not trusted`
  const isLate = codes.some((code) => /TIMEOUT|TIMEDOUT|ABORT_ERR/.test(code)) || isAbort(error)
  if (isLate) return `${host} did not answer within ${Math.round(timeoutMs / 1000)} s`
  return `${host} broke the connection off${codes[0] === undefined ? '' : ` (${codes[0]})`}`
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ENOTFOUND: 'is not a name that can be found',
  EAI_AGAIN: 'could not be looked up',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ECONNRESET: 'broke the connection off',
  EPIPE: 'broke the connection off',
  UND_ERR_SOCKET: 'broke the connection off',
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && /^(TimeoutError|AbortError)$/.test(error.name)
}

/**
 * Causes and their codes, the deepest first; several addresses may have been tried. Some libraries
 * put a code of their own over it, and leave the system's in the message.
 */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 4) return []
  const { cause, code, errors, message } = error as Readonly<Record<string, unknown>>
  const inner = Array.isArray(errors) ? errors.flatMap((each) => codesOf(each, depth + 1)) : []
  const inMessage = typeof message === 'string' ? (message.match(/\bE[A-Z_]{4,}\b/g) ?? []) : []
  const own = typeof code === 'string' ? [code] : []
  return [...codesOf(cause, depth + 1), ...inner, ...inMessage, ...own]
}

function saysCertificate(error: unknown): boolean {
  return error instanceof Error && /\bcertificate\b/i.test(error.message)
}
