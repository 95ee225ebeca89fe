import { defineFailure } from '../../base/failure.ts'

/** Expected failures on the way of images to a host. Nothing that serves is touched before all are there. */

export const layersNotSent = defineFailure<{ host: string; reason: string; isCut: boolean }>({
  code: 'LAYERS_NOT_SENT',
  exit: 'build',
  message: ({ host, reason }) => `sending images to ${host} failed: ${reason}`,
  hint: ({ isCut }) =>
    isCut
      ? 'What arrived is kept there for a day: run it again, and only the rest is sent.'
      : 'Nothing was changed there. Correct what the server says above, and run it again.',
})

export const layersNoSpace = defineFailure<{ host: string }>({
  code: 'LAYERS_NO_SPACE',
  exit: 'build',
  message: ({ host }) => `the disk of ${host} became full while images were put there`,
  hint: () => 'Nothing else was changed. docker system df there shows what takes the space.',
})

export const layersNotLoaded = defineFailure<{ host: string }>({
  code: 'LAYERS_NOT_LOADED',
  exit: 'build',
  message: ({ host }) => `Docker on ${host} did not take in what was sent`,
  hint: () => "Docker's own words are above; nothing that serves was touched.",
})

export const imageNotAsSent = defineFailure<{ host: string; reference: string; id: string }>({
  code: 'IMAGE_NOT_AS_SENT',
  exit: 'build',
  message: ({ host, reference, id }) =>
    `${reference} arrived on ${host} as another image than was sent (${id.slice(0, 19)})`,
  hint: () =>
    'Nothing that serves was touched. Do both machines keep images the same way (docker info)?',
})

export const diskTooSmall = defineFailure<{ host: string; freeMb: number; neededMb: number }>({
  code: 'DISK_TOO_SMALL',
  exit: 'build',
  message: ({ host, freeMb, neededMb }) =>
    `${host} has ${freeMb} MB of free disk; the images need about ${neededMb} MB`,
  hint: () => 'Nothing was sent. docker system df there shows what takes the space.',
})
