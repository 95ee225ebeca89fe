import type { AppConfig } from '../../config/app-config.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import { hostPathsOf } from '../../plan/render/mounts.ts'
import type { FileFact } from '../../plan/render/request.ts'
import { rolesOf } from '../../plan/render/roles.ts'
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

export async function findLocal(
  world: World,
  config: AppConfig,
  model: ComposeModel,
): Promise<Local> {
  const roles = rolesOf(model, serviceChoices(config))
  const own = Object.entries(model.services).filter(([name]) => roles[name]?.role !== 'accessory')
  const [files, images] = await Promise.all([
    gatherFileFacts(world.workstation, config.directory, hostPathsOf(model)),
    findImagesHere(world, config, own),
  ])
  return { files, images }
}
