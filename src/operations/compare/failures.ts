import { defineFailure } from '../../base/failure.ts'

/** Expected failures of comparing releases. */

export const releaseUnreadable = defineFailure<{ host: string }>({
  code: 'RELEASE_UNREADABLE',
  exit: 'unavailable',
  message: ({ host }) => `what ${host} keeps of these releases cannot be read`,
  hint: () => '`belay host doctor` looks at its disk and its state folder.',
})
