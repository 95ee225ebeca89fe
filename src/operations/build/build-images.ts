import type { AppConfig } from '../../config/app-config.ts'
import { buildxFeatures } from '../../hosts/building/features.ts'
import type { BuildRequest } from '../../hosts/workstation.ts'
import type { ServiceImage } from '../draft/images.ts'
import type { Source } from '../draft/source.ts'
import { type Fleet, each, hostNamed } from '../fleet.ts'
import { inPhase } from '../run/phase.ts'
import type { World } from '../world.ts'
import { type Built, buildModel } from './model.ts'

export interface BuildImages {
  readonly source: Source
  readonly services: readonly ServiceImage[]
  readonly fleet: Fleet
}

/** Builds services, each under the name that its inputs give it: here, or on one of the hosts. */
export async function buildImages(
  world: World,
  config: AppConfig,
  { source, services, fleet }: BuildImages,
): Promise<void> {
  const { on } = config.build
  const names = services.map(({ service }) => service)
  const title = `build ${names.join(', ')}${on === 'here' ? '' : ` on ${on}`}`
  await inPhase(world, { phase: 'build', title }, async () => {
    const request = await requestFor(world, config, { source, services })
    if (on === 'here') await world.workstation.build(request)
    else await buildThere(world, fleet, { on, request })
  })
}

async function requestFor(
  world: World,
  config: AppConfig,
  { source, services }: Omit<BuildImages, 'fleet'>,
): Promise<BuildRequest> {
  const built = services.flatMap(({ service, reference, build }): Built[] =>
    build === undefined ? [] : [{ service, reference, build }],
  )
  const created = new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  const origin = await world.workstation.originOf(config.directory)
  const { model, commits } = buildModel(built, { config, source, created, origin })
  await hideSecrets(world, model)
  const { on } = config.build
  return {
    model,
    commits,
    project: source.baseProject,
    services: built.map(({ service }) => service),
    values: config.env.values,
    onProgress: (text) => world.tell({ type: 'progress', host: on === 'here' ? '' : on, text }),
  }
}

/** A recipe may print what it was handed over. Those from variables are known already. */
async function hideSecrets(
  { secrets, workstation }: World,
  { secrets: declared = {} }: BuildRequest['model'],
): Promise<void> {
  const files = Object.values(declared).flatMap(({ file }) => (file === undefined ? [] : [file]))
  await each(files, async (file) => {
    if ((await workstation.kindOf(file)) !== 'file') return
    const { content } = await workstation.readFile(file)
    if (content.length <= SECRET_MAX_BYTES) secrets.add(new TextDecoder().decode(content).trim())
  })
}

const SECRET_MAX_BYTES = 16 * 1024

/** What is built goes there; the image is then there, and reaches the other hosts from there. */
async function buildThere(
  world: World,
  fleet: Fleet,
  { on, request }: { on: string; request: BuildRequest },
): Promise<void> {
  const { project, services, onProgress, model, commits } = request
  const { archive, remove } = await world.workstation.packBuild(request)
  try {
    await hostNamed(fleet, on).buildImages({
      archive,
      project,
      services,
      features: buildxFeatures(model, services),
      isFromCommit: commits.size > 0,
      onProgress,
      signal: world.signal,
    })
  } finally {
    await remove()
  }
}
