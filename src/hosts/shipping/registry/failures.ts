import { defineFailure } from '../../../base/failure.ts'

/** Expected failures of going through a registry. All are before anything that serves is touched. */

interface About {
  /** `this machine`, or the host. */
  readonly where: string
  readonly server: string
  readonly reference: string
}

export const registryRefusesLogin = defineFailure<About & { hasLogin: boolean }>({
  code: 'REGISTRY_REFUSES_LOGIN',
  exit: 'build',
  message: ({ server, reference, hasLogin }) =>
    hasLogin
      ? `${server} does not accept the user name and password that were given, for ${reference}`
      : `${server} wants a login for ${reference}`,
  hint: ({ hasLogin }) =>
    hasLogin
      ? 'Check registry.username and registry.password in belay.yaml: a token may have expired.'
      : 'Give one: registry: { server, username, password } in belay.yaml, filled from variables.',
})

export const registryForbids = defineFailure<About>({
  code: 'REGISTRY_FORBIDS',
  exit: 'build',
  message: ({ server, reference }) => `${server} does not let this user have ${reference}`,
  hint: () =>
    'Check the name, and that the user may read it, and write it where images are pushed.',
})

export const registryLacks = defineFailure<About>({
  code: 'REGISTRY_LACKS_IMAGE',
  exit: 'build',
  message: ({ server, reference }) => `${server} has no ${reference}`,
  hint: () => 'Check the name and tag; a registry may also say so of what this user may not see.',
})

export const registryDown = defineFailure<About>({
  code: 'REGISTRY_DOWN',
  exit: 'build',
  message: ({ where, server }) => `${where} does not reach the registry ${server}`,
  hint: ({ where }) =>
    `Check its name, that it is up, and that ${where} may connect to it; then run this again.`,
})

export const registryBroken = defineFailure<About>({
  code: 'REGISTRY_BROKEN',
  exit: 'build',
  message: ({ server, reference }) => `${server} failed while it was asked for ${reference}`,
  hint: () => "The registry's own words are above, its log knows more. Then run this again.",
})

export const registryBusy = defineFailure<About>({
  code: 'REGISTRY_BUSY',
  exit: 'build',
  message: ({ server, reference }) => `${server} still refuses ${reference}: too many requests`,
  hint: () => 'Wait for as long as it says, or log in: most registries grant more to their users.',
})

export const registrySlow = defineFailure<About & { limit: string }>({
  code: 'REGISTRY_SLOW',
  exit: 'build',
  message: ({ server, reference, limit }) =>
    `${reference} took longer than ${limit} with ${server}`,
  hint: () => 'Run it again, as what arrived is kept; or allow more with registry.timeout.',
})

export const registryUntrusted = defineFailure<About>({
  code: 'REGISTRY_UNTRUSTED',
  exit: 'build',
  message: ({ where, server }) => `Docker on ${where} does not trust ${server}`,
  hint: ({ server }) =>
    `For a certificate of your own put its CA into /etc/docker/certs.d/${server}/ca.crt there; plain ` +
    'HTTP must be allowed by insecure-registries in /etc/docker/daemon.json.',
})

export const registryWrongDigest = defineFailure<About>({
  code: 'REGISTRY_WRONG_DIGEST',
  exit: 'build',
  message: ({ server, reference }) => `${server} gave something else than ${reference}`,
  hint: () => 'It was not used. A registry or a proxy in between is damaged: have a look at it.',
})

export const registryCut = defineFailure<About>({
  code: 'REGISTRY_CUT',
  exit: 'build',
  message: ({ server, reference }) => `the connection to ${server} broke off in ${reference}`,
  hint: () => 'Run it again: layers that are whole are not asked for a second time.',
})

export const registryRefuses = defineFailure<About>({
  code: 'REGISTRY_FAILED',
  exit: 'build',
  message: ({ where, server, reference }) =>
    `${where} could not get ${reference} through ${server}`,
  hint: () => "Docker's own words are above.",
})
