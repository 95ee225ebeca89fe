import { defineFailure } from '../../base/failure.ts'

/** Expected failures of the machine that Belay runs on. */

export const dockerMissingHere = defineFailure<{ wanted: string; reason: string }>({
  code: 'DOCKER_MISSING_HERE',
  exit: 'unavailable',
  message: ({ wanted, reason }) => `cannot ${wanted} on this machine: ${reason}`,
  hint: () =>
    'Install Docker with the Compose plugin (version 2) here. Instead of building here, you may ' +
    'build in CI, push to a registry, and name the image with `image:`.',
})

export const composeTooSlow = defineFailure<{ seconds: number }>({
  code: 'COMPOSE_TOO_SLOW',
  exit: 'unavailable',
  message: ({ seconds }) => `compose did not read the compose file within ${seconds} s`,
  hint: () => 'An include from an address waits for its server: does docker compose config end?',
})

export const composeUnsendable = defineFailure<{
  file: string
  line?: number
  column?: number
  reason: string
}>({
  code: 'COMPOSE_UNSENDABLE',
  exit: 'unavailable',
  message: ({ file, line, column, reason }) =>
    `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${reason}`,
  hint: () =>
    'There is no Docker Compose on this machine, so a server reads the compose files. Name what ' +
    'they read by relative paths, or install Docker with Compose here.',
})

export const composeInvalid = defineFailure<{
  file: string
  line?: number
  column?: number
  reason: string
}>({
  code: 'COMPOSE_INVALID',
  exit: 'input',
  message: ({ file, line, column, reason }) =>
    `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${reason}`,
  hint: () => 'Correct it, and try again; docker compose config shows the same, where Docker is.',
})

export const imageSaveFailed = defineFailure<{ images: readonly string[] }>({
  code: 'IMAGE_SAVE_FAILED',
  exit: 'build',
  message: ({ images }) => `docker save of ${images.join(', ')} failed on this machine`,
  hint: () => 'Check with docker image ls that the images are here.',
})

export const localPullFailed = defineFailure<{ image: string }>({
  code: 'LOCAL_PULL_FAILED',
  exit: 'build',
  message: ({ image }) => `${image} could not be pulled to this machine`,
  hint: () => 'Check the name and tag; for a private registry, run docker login first.',
})

export const gitRefused = defineFailure<{ directory: string; reason: string }>({
  code: 'GIT_REFUSED',
  exit: 'unavailable',
  message: ({ directory, reason }) => `git refuses to look at ${directory}: ${reason}`,
  hint: () => "Follow git's own words above; git status must work in that folder.",
})

export const fileUnreadable = defineFailure<{ file: string; reason: string }>({
  code: 'FILE_UNREADABLE',
  exit: 'input',
  message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
  hint: () => 'Check its name and its permissions.',
})

export const tooManyFiles = defineFailure<{ folder: string; limit: number }>({
  code: 'TOO_MANY_FILES',
  exit: 'input',
  message: ({ folder, limit }) => `${folder} holds more than ${limit} files`,
  hint: () => 'Mount only what the service reads, or keep data in a volume.',
})

export const buildContextUnusable = defineFailure<{ context: string; reason: string }>({
  code: 'BUILD_CONTEXT_UNUSABLE',
  exit: 'input',
  message: ({ context, reason }) => `the build context ${context} cannot be used: ${reason}`,
  hint: () => 'Correct build.context, or leave out what the build does not need in .dockerignore.',
})

export const commitUnreadable = defineFailure<{ commit: string; reason: string }>({
  code: 'COMMIT_UNREADABLE',
  exit: 'build',
  message: ({ commit, reason }) =>
    `the commit ${commit.slice(0, 7)} cannot be checked out: ${reason}`,
  hint: () => "Git's own words are above. Is there room in the folder for temporary files?",
})

export const workInterrupted = defineFailure<{ what: string }>({
  code: 'WORK_INTERRUPTED',
  exit: 'interrupted',
  message: ({ what }) => `interrupted during ${what}; the servers were not touched`,
  hint: () => 'Run the command again when you are ready.',
})
