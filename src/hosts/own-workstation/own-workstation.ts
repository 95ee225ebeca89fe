import type { Workstation } from '../workstation.ts'
import { hashBuildContext } from './build-context.ts'
import { composeBuild } from './compose/build.ts'
import { composeConfig } from './compose/config.ts'
import { composeWritten } from './compose/written.ts'
import { kindOf, listFiles, readWithMode } from './files.ts'
import { commitAt, repositoryAt, trackedFiles } from './git.ts'
import { imageFacts, pullImage, saveImages, whyNoDocker } from './images.ts'
import type { Machine } from './machine.ts'

/** The machine that this process runs on. */
export function ownWorkstation(machine: Machine): Workstation {
  return {
    composeConfig: (request) => composeConfig(machine, request),
    composeWritten: (request) => composeWritten(machine, request),
    whyNoDocker: () => whyNoDocker(machine),
    imageFacts: (references) => imageFacts(machine, references),
    build: (request) => composeBuild(machine, request),
    saveImages: (references) => saveImages(machine, references),
    pullImage: (reference, onProgress) => pullImage(machine, reference, onProgress),
    commit: (directory) => commitAt(machine, directory),
    repository: (directory) => repositoryAt(machine, directory),
    trackedFiles: (path) => trackedFiles(machine, path),
    readFile: readWithMode,
    kindOf,
    listFiles,
    hashBuildContext,
  }
}
