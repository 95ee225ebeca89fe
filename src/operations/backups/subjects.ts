import type { BackupTarget } from '../../config/pipeline/backup-target.ts'
import { containersOf } from '../../plan/accessories.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Release } from '../../plan/release.ts'
import { adoptableContainers, servingRelease } from '../../rollouts/old-release.ts'
import { backupSubjectUnknown } from './failures.ts'

/** Where a target's data is on a host; nothing when it is not there yet. */
export interface Subject {
  readonly target: BackupTarget
  /** `-` of a volume, which is copied whoever uses it. */
  readonly container: string
  /** Docker's own name of a volume. */
  readonly volume?: string
}

/** What is known of an app's services and volumes: its release's record. */
export type Shape = Pick<Release, 'baseProject' | 'accessories' | 'services' | 'volumes'>

/** A target that nobody could ever find is a mistake in `belay.yaml`, not an empty host. */
export function mustKnow(targets: readonly BackupTarget[], shape: Shape): void {
  const services = [...shape.accessories, ...shape.services.map(({ name }) => name)]
  const volumes = shape.volumes.map(({ key }) => key)
  for (const target of targets) {
    const { name } = target
    const [what, subject, known] =
      target.kind === 'volume'
        ? (['volume', target.volume, volumes] as const)
        : (['service', target.service, services] as const)
    if (!known.includes(subject)) throw backupSubjectUnknown({ name, what, subject, known })
  }
}

/** Undefined before the first deployment made it: there is nothing to lose yet. */
export function subjectOn(
  observed: Observed,
  shape: Shape,
  target: BackupTarget,
): Subject | undefined {
  if (target.kind === 'volume') {
    const volume = shape.volumes.find(({ key }) => key === target.volume)?.name
    if (volume === undefined || !observed.volumes.includes(volume)) return undefined
    return { target, container: '-', volume }
  }
  const [container] = containersWithData(observed, shape, target.service)
  return container === undefined ? undefined : { target, container }
}

/** An accessory's; those of the release that serves; those that somebody started by hand. */
function containersWithData(observed: Observed, shape: Shape, service: string): readonly string[] {
  const accessory = containersOf(service, shape, observed).map(({ name }) => name)
  if (shape.accessories.includes(service)) return accessory
  const serving = servingRelease(observed)?.services.find(({ name }) => name === service)
  const there = new Set(observed.containers.map(({ name }) => name))
  const own = serving?.containers.filter((name) => there.has(name)) ?? []
  const found = adoptableContainers(observed, shape.baseProject)
    .filter((each) => each.service === service)
    .map(({ name }) => name)
  return own.length > 0 ? own : found
}
