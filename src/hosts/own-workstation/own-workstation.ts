import { askFromHere } from '../asking/from-here.ts'
import type { Workstation } from '../workstation.ts'
import { buildHere } from './build/build-here.ts'
import { packBuild } from './build/pack.ts'
import { readBuildContext } from './build/read-context.ts'
import { composeConfig } from './compose/config.ts'
import { composeWritten } from './compose/written.ts'
import { kindOf, listFiles, modifiedAt, readWithMode } from './files.ts'
import { commitAt, originOf, repositoryAt, trackedFiles } from './git.ts'
import { imageFacts, pullImage, saveImages, whyNoDocker } from './images.ts'
import { packLayers } from './layers/pack.ts'
import type { Machine } from './machine.ts'
import { runOwnCommand, runOwnScript } from './own-command.ts'
import { registryPause } from './registry-pause.ts'
import { pushToRegistry } from './registry-push.ts'

/** The machine that this process runs on. */
export function ownWorkstation(machine: Machine): Workstation {
  return {
    composeConfig: (request) => composeConfig(machine, request),
    composeWritten: (request) => composeWritten(machine, request),
    whyNoDocker: () => whyNoDocker(machine),
    imageFacts: (references) => imageFacts(machine, references),
    build: (request) => buildHere(machine, request),
    packBuild: (request) => packBuild(machine, request),
    pushThrough: (push, onProgress) => pushToRegistry(machine, push, onProgress),
    registryPause,
    packLayers: (request) => packLayers(machine, request),
    saveImages: (references) => saveImages(machine, references),
    pullImage: (reference, onProgress) => pullImage(machine, reference, onProgress),
    commit: (directory) => commitAt(machine, directory),
    repository: (directory) => repositoryAt(machine, directory),
    trackedFiles: (path) => trackedFiles(machine, path),
    readFile: readWithMode,
    kindOf,
    modifiedAt,
    runCommand: (request) => runOwnCommand(machine, request),
    ask: askFromHere,
    runScript: (request) => runOwnScript(machine, request),
    listFiles,
    readBuildContext: (request) => readBuildContext(machine, request),
    originOf: (directory) => originOf(machine, directory),
  }
}
