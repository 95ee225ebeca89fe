import type { Lease } from '../../plan/observed.ts'

/** `<epoch> <seconds left> <age> <base64 of owner, purpose and run, a line each>` */
export function readLease(lines: readonly string[]): Lease | undefined {
  const words = /^(\d+) (-?\d+) (-?\d+) ([A-Za-z0-9+/=]+)$/.exec(lines[0] ?? '')
  if (words === null) return undefined
  const [, epoch, left, age, who = ''] = words
  const [owner = '', purpose = '', run = ''] = Buffer.from(who, 'base64').toString().split('\n')
  return {
    epoch: Number(epoch),
    owner,
    purpose,
    run,
    secondsLeft: Number(left),
    ageSeconds: Number(age),
  }
}
