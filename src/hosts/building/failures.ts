import { defineFailure } from '../../base/failure.ts'
import type { BuildTrouble } from './trouble.ts'

/** Expected failures of a build, on this machine or on a host. What serves was not touched. */

export const buildFailed = defineFailure<{
  services: readonly string[]
  /** `this machine`, or the host's name. */
  where: string
  trouble: BuildTrouble
}>({
  code: 'BUILD_FAILED',
  exit: 'build',
  message: ({ services, where }) => `building ${services.join(', ')} on ${where} failed`,
  hint: ({ trouble }) => HINTS[trouble] ?? HINTS.recipe,
})

const HINTS: Readonly<Record<BuildTrouble, string>> = {
  recipe: 'The last lines of the build are above. What was built before is kept as cache.',
  'not-in-commit':
    'It was built from a clean checkout of the commit, without files that git ignores or that are ' +
    'not committed. Make them in the Dockerfile; --dirty builds from the folder as it lies.',
  'many-platforms':
    "Docker's own image store holds one platform for each image: give one in build.platforms, or " +
    'switch Docker to the containerd image store.',
  'cache-export':
    'This builder cannot write that cache. Give build.cache.to an entry of type=inline, or use ' +
    'another builder: docker buildx create --use',
  'other-machine':
    'A program in the image is made for another machine. Build it `on` a host of that kind, or ' +
    'let this one emulate it (docker run --privileged tonistiigi/binfmt --install all).',
  disk: 'The disk is full. docker system df shows what Docker holds; docker builder prune frees its cache.',
  late: 'It took longer than an hour, and was ended. The last lines of the build are above.',
}

export const buildxMissing = defineFailure<{
  services: readonly string[]
  where: string
  wanted: readonly string[]
}>({
  code: 'BUILDX_MISSING',
  exit: 'build',
  message: ({ services, where, wanted }) =>
    `building ${services.join(', ')} needs docker buildx, which ${where} has not: it asks for ` +
    wanted.join(', '),
  hint: () =>
    "Install the plugin there (Debian: docker-buildx, Docker's own packages: docker-buildx-plugin). " +
    'All else is built without it.',
})

export const buildNotSent = defineFailure<{ host: string; reason: string }>({
  code: 'BUILD_NOT_SENT',
  exit: 'build',
  message: ({ host, reason }) => `what is to be built could not be sent to ${host}: ${reason}`,
  hint: () => 'Nothing was built. Does something write into the build context just now?',
})

export const buildNotUnpacked = defineFailure<{ host: string }>({
  code: 'BUILD_NOT_UNPACKED',
  exit: 'build',
  message: ({ host }) => `${host} could not take in what is to be built`,
  hint: () => 'Its own words are above: mostly there is no room in /var/tmp, or no tar command.',
})
