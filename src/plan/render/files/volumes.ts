import type { ComposeService } from '../../compose-model.ts'
import type { BaseObject } from '../../release.ts'
import { replicasOf, type RenderContext } from '../context.ts'
import { inform, warn } from '../rendered.ts'
import { isWithin } from './paths.ts'
import { LEFT_OUT, type MountQuestion, type SettledMount, written } from './settled.ts'

/** A volume with a name: the base's, whoever uses it. */
export function settleVolume({ mount, context }: MountQuestion, key: string): SettledMount {
  const volume = volumeObject(key, context)
  return { mounts: [mount], volume, ...written(mount, `the volume ${key}`) }
}

function volumeObject(key: string, { model, request }: RenderContext): BaseObject {
  const volume = model.volumes?.[key]
  const options = volume?.['driver_opts'] as Record<string, string> | undefined
  return {
    name: volume?.name ?? `${request.baseProject}_${key}`,
    key,
    external: volume?.external === true,
    ...(volume?.driver === undefined ? {} : { driver: volume.driver }),
    ...(Object.keys(options ?? {}).length === 0 ? {} : { driverOptions: options }),
  } as BaseObject
}

/** A volume without a name. Compose would carry it over to the next container; a release cannot. */
export function settleAnonymous(
  question: MountQuestion,
  uncovered: readonly string[],
): SettledMount {
  const { name, mount, context } = question
  if (context.roles[name]?.role === 'job') return { mounts: [mount] }
  if (!uncovered.some((target) => isWithin(target, mount.target))) return lift(question)
  inform(
    context.findings,
    `services.${name}.volumes`,
    `the volume at ${mount.target} only kept a development mount from hiding it: left out`,
  )
  return LEFT_OUT
}

/** Volumes that the image declares and no mount covers: Docker would make them anew each time. */
export function imageVolumes({
  name,
  service,
  context,
}: {
  name: string
  service: ComposeService
  context: RenderContext
}): SettledMount[] {
  if (context.roles[name]?.role === 'job') return []
  const covered = new Set((service.volumes ?? []).map(({ target }) => target))
  for (const entry of (service['tmpfs'] as string[] | undefined) ?? []) {
    covered.add(entry.replace(/:.*$/, ''))
  }
  return (context.request.images[name]?.volumes ?? [])
    .filter((target) => !covered.has(target))
    .map((target) => lift({ name, mount: { type: 'volume', target }, context }))
}

/** Gives it a name in the base, so that the next release finds the data. */
function lift({ name, mount, context }: MountQuestion): SettledMount {
  const { request, model } = context
  const key = liftedKey(name, mount.target, model)
  const volume: BaseObject = {
    name:
      request.adopted?.anonymousVolumes[name]?.[mount.target] ??
      request.keptVolumes?.find((kept) => kept.key === key)?.name ??
      `${request.baseProject}_${key}`,
    key,
    external: false,
  }
  const about = `services.${name}.volumes`
  inform(
    context.findings,
    about,
    `the volume at ${mount.target} has no name and would be empty in each release: ` +
      `it is kept as ${volume.name}`,
  )
  if (replicasOf(model.services[name] ?? {}) > 1) {
    warn(context.findings, about, `all replicas share the volume at ${mount.target} now`)
  }
  return {
    mounts: [{ ...mount, source: key }],
    volume,
    writes: `the volume at ${mount.target}`,
  }
}

function liftedKey(name: string, target: string, { volumes }: RenderContext['model']): string {
  const slug = target.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^-+|-+$/g, '')
  const key = `${name}-${slug === '' ? 'root' : slug}`
  return volumes?.[key] === undefined ? key : `${key}-unnamed`
}
