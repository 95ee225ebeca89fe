import { hostPathsOf } from '../../plan/render/mounts.ts'
import type { FileFact } from '../../plan/render/request.ts'
import { rolesOf } from '../../plan/render/roles.ts'
import type { BuildsRequest } from '../build/inputs.ts'
import type { World } from '../world.ts'
import { serviceChoices } from './choices.ts'
import { gatherFileFacts } from './file-facts.ts'
import { findImagesHere, type LocalImage } from './images.ts'

/** What this machine has of all that the compose file names. No host is asked. */
export interface Local {
  readonly files: Readonly<Record<string, FileFact>>
  /** Of the services that a release holds: all but the accessories. */
  readonly images: readonly LocalImage[]
}

export async function findLocal(world: World, request: BuildsRequest): Promise<Local> {
  const { config, model } = request
  const roles = rolesOf(model, serviceChoices(config))
  const own = Object.keys(model.services).filter((name) => roles[name]?.role !== 'accessory')
  const [files, images] = await Promise.all([
    gatherFileFacts(world.workstation, config.directory, hostPathsOf(model)),
    findImagesHere(world, request, own),
  ])
  return { files, images }
}
