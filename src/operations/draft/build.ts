import type { AppConfig } from '../../config/app-config.ts'
import { dockerMissingHere } from '../../hosts/own-workstation/failures.ts'
import type { World } from '../world.ts'
import { isUnbuilt, type ServiceImage } from './images.ts'
import type { Source } from './source.ts'
import { composeRequest } from './written.ts'

/** Builds services from the user's files here, each under the name that its inputs give it. */
export async function buildImages(
  world: World,
  config: AppConfig,
  { source, services }: { source: Source; services: readonly ServiceImage[] },
): Promise<void> {
  const names = services.map(({ service }) => service)
  const title = `build ${names.join(', ')}`
  const begun = world.clock.monotonic()
  world.tell({ type: 'phase-started', phase: 'build', title })
  let ok = false
  try {
    await world.workstation.build({
      ...composeRequest(config),
      project: source.baseProject,
      services: names,
      images: Object.fromEntries(services.map((each) => [each.service, each.reference])),
      onProgress: (text) => world.tell({ type: 'progress', host: 'here', text }),
    })
    ok = true
  } finally {
    const durationMs = world.clock.monotonic() - begun
    world.tell({ type: 'phase-finished', phase: 'build', durationMs, ok })
  }
}

/** Nobody should agree to a plan that begins with a build, where none can be done. */
export async function mustBeBuildable(
  world: World,
  images: readonly ServiceImage[],
): Promise<void> {
  const names = images.filter(isUnbuilt).map(({ service }) => service)
  if (names.length === 0) return
  const reason = await world.workstation.whyNoDocker()
  if (reason !== undefined) throw dockerMissingHere({ wanted: `build ${names.join(', ')}`, reason })
}
