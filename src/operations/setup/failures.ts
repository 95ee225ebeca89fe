import { defineFailure } from '../../base/failure.ts'

/** Expected failures of setting servers up. */

export const setupNeedsRoot = defineFailure<{ host: string; user: string }>({
  code: 'SETUP_NEEDS_ROOT',
  exit: 'unavailable',
  message: ({ host, user }) =>
    `${user} on ${host} is not root, and may not become it without a password; nothing was touched`,
  hint: ({ user }) =>
    `Log in as somebody who may (--as root), or let ${user} use sudo without a password.`,
})

export const setupNotPossible = defineFailure<{ hosts: readonly string[] }>({
  code: 'SETUP_NOT_POSSIBLE',
  exit: 'unavailable',
  message: ({ hosts }) => `${hosts.join(', ')} cannot be set up as it is; nothing was touched`,
  hint: () => 'Do what stands beside each "cannot", and run this again.',
})

export const setupFailed = defineFailure<{ host: string; doing: string }>({
  code: 'SETUP_FAILED',
  exit: 'rolledBack',
  message: ({ host, doing }) => `${host} could not be set up: ${doing} failed`,
  hint: () => 'What was done before it stays. Correct what it says, and run this again.',
})

export const setupIncomplete = defineFailure<{ host: string; left: readonly string[] }>({
  code: 'SETUP_INCOMPLETE',
  exit: 'rolledBack',
  message: ({ host, left }) => `${host} was set up, and still lacks: ${left.join('; ')}`,
  hint: () => 'Run it again; `belay host doctor` looks at each point.',
})

export const setupKeyUnusable = defineFailure<{ file: string; reason: string }>({
  code: 'SETUP_KEY_UNUSABLE',
  exit: 'input',
  message: ({ file, reason }) => `the key ${file} cannot be used: ${reason}`,
  hint: () => 'Give the file of a public key, one line: --key ~/.ssh/id_ed25519.pub',
})
