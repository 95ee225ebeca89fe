/** An address or a range of addresses: `10.0.0.5`, `10.0.0.0/8`, `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = bitsOf(address)
  if (bits === undefined || more.length > 0) return false
  return prefix === undefined || (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits)
}

/** How long an address is; undefined when it is none. */
function bitsOf(address: string): 32 | 128 | undefined {
  if (address.includes(':')) return isV6(address) ? 128 : undefined
  const parts = address.split('.')
  const isV4 = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return parts.length === 4 && isV4 ? 32 : undefined
}

function isV6(address: string): boolean {
  return /^[0-9a-f.:]+$/i.test(address) && URL.canParse(`http://[${address}]/`)
}
