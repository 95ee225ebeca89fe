import type { ComposeFileObject, ComposeModel, ComposeService } from '../../compose-model.ts'
import { omit, type RenderContext, servicesOf } from '../context.ts'
import { baseFiles, type InlineFile } from '../files/base-files.ts'
import { withoutApps } from '../dependencies.ts'
import { networksOfService } from './networks.ts'
import { inform, refuse, warn } from '../rendered.ts'

/**
 * The accessories, as close to the user's own definition as it goes: one that runs already must not
 * look changed.
 */
export function baseHalf(context: RenderContext): ComposeModel {
  const { model, request } = context
  const parts = servicesOf(context, 'base').map(([name, service]) => ({
    name,
    ...baseService(name, service, context),
  }))
  const services = parts.map(({ service }) => service)
  const sections = {
    networks: picked(model.networks, services.flatMap(networkKeys)),
    volumes: picked(model.volumes, services.flatMap(volumeKeys)),
    secrets: Object.assign({}, ...parts.map(({ secrets }) => secrets)) as object,
    configs: Object.assign({}, ...parts.map(({ configs }) => configs)) as object,
  }
  return {
    name: request.baseProject,
    services: Object.fromEntries(parts.map(({ name, service }) => [name, service])),
    ...Object.fromEntries(
      Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0),
    ),
  }
}

function networkKeys(service: ComposeService): string[] {
  return Object.keys(networksOfService(service))
}

function volumeKeys({ volumes }: ComposeService): string[] {
  return (volumes ?? []).flatMap(({ type, source }) => (type === 'volume' ? (source ?? []) : []))
}

function picked<T>(section: Record<string, T> | undefined, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(section ?? {}).filter(([key]) => keys.includes(key)))
}

interface BaseService {
  readonly service: ComposeService
  readonly secrets: Readonly<Record<string, ComposeFileObject>>
  readonly configs: Readonly<Record<string, ComposeFileObject>>
}

function baseService(name: string, service: ComposeService, context: RenderContext): BaseService {
  const files = baseFiles(name, service, context)
  tellAccessory(name, service, context)
  if (files.inline.length > 0) checkWritable(name, service, context)
  const inline = files.inline.map((file, index) => inlineConfig(`${name}.${index + 1}`, file))
  const { volumes, secrets, configs } = files
  const references = [...configs.references, ...inline.map(({ reference }) => reference)]
  return {
    service: {
      ...omit(withoutApps(service, context), [
        'build',
        'develop',
        'profiles',
        'env_file',
        'volumes',
        'secrets',
        'configs',
      ]),
      ...builtImage(name, service, context),
      ...(volumes.length > 0 ? { volumes: [...volumes] } : {}),
      ...(secrets.references.length > 0 ? { secrets: [...secrets.references] } : {}),
      ...(references.length > 0 ? { configs: references } : {}),
    },
    secrets: secrets.objects,
    configs: {
      ...configs.objects,
      ...Object.fromEntries(inline.map(({ key, object }) => [key, object])),
    },
  }
}

function builtImage(
  name: string,
  { build, image }: ComposeService,
  { request }: RenderContext,
): Partial<ComposeService> {
  if (build === undefined) return {}
  return { image: image ?? `${request.baseProject}-${name}`, pull_policy: 'never' }
}

function inlineConfig(key: string, { target, mode, text, owner }: InlineFile) {
  return {
    key,
    object: { content: text },
    reference: { source: key, target, mode, ...owner },
  }
}

function checkWritable(name: string, service: ComposeService, { findings }: RenderContext): void {
  if (service['read_only'] !== true) return
  refuse(findings, {
    path: `services.${name}.read_only`,
    text: `${name} gets files of the project, which cannot be copied into a read-only container`,
    hint: 'Leave read_only out, or put the files into an image.',
  })
}

function tellAccessory(name: string, service: ComposeService, context: RenderContext): void {
  const { roles, findings, request } = context
  const about = `services.${name}`
  if (roles[name]?.guessed === true) {
    inform(findings, about, `taken as an accessory, because ${roles[name].because}`)
  }
  if (service.restart === undefined && service.deploy?.['restart_policy'] === undefined) {
    const text = 'stays down when the server restarts: say restart: unless-stopped'
    warn(findings, `${about}.restart`, text)
  }
  const named = new Set((service.volumes ?? []).map(({ target }) => target))
  for (const target of request.images[name]?.volumes ?? []) {
    if (named.has(target)) continue
    const text = `its data at ${target} is in a volume without a name, easily lost: name it`
    warn(findings, `${about}.volumes`, text)
  }
}
