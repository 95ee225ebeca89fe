import { domainToASCII } from 'node:url'

/** The name in lower-case ASCII, or undefined when it is no domain. */
export function asciiDomain(name: string): string | undefined {
  if (/[\s\p{Cc}/:@?#%\\[\]]/u.test(name)) return undefined
  const ascii = domainToASCII(name)
  const labels = ascii.split('.')
  const isName = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  // A last label of digits makes it an address, for which there is neither name nor certificate.
  return isName && ascii.length <= 253 && !/^\d+$/.test(labels.at(-1) ?? '') ? ascii : undefined
}
