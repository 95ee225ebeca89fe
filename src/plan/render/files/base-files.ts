import { posix } from 'node:path'
import type {
  ComposeFileObject,
  ComposeFileReference,
  ComposeMount,
  ComposeService,
} from '../../compose-model.ts'
import type { RenderContext } from '../context.ts'
import { inform, refuse } from '../rendered.ts'
import type { FileContent } from '../request.ts'
import { bindPlace, settleBind, tellData, tellHost } from './binds.ts'
import { type FileObjectKind, sourceOf } from './file-objects.ts'
import { dataPath, factOf, isWithin, type Place, shortPath } from './paths.ts'

/**
 * What an accessory mounts. Its files cannot lie in the folder of a release, which is tidied one
 * day while the accessory stays: they are copied into its container. An adopted one finds them
 * where they always were.
 */
export interface BaseFiles {
  readonly volumes: readonly ComposeMount[]
  readonly secrets: References
  readonly configs: References
  readonly inline: readonly InlineFile[]
}

interface References {
  readonly references: readonly ComposeFileReference[]
  readonly objects: Readonly<Record<string, ComposeFileObject>>
}

export interface InlineFile {
  readonly target: string
  readonly mode: number
  readonly text: string
  readonly owner: { readonly uid?: string; readonly gid?: string }
}

/** Together, of one accessory: they stand in a compose file that is read at each look. */
const INLINE_LENGTH_MAX = 1_000_000

export function baseFiles(
  name: string,
  service: ComposeService,
  context: RenderContext,
): BaseFiles {
  const mounts = (service.volumes ?? []).map((mount) => settle({ name, mount, service, context }))
  const secrets = settleObjects('secrets', { name, service, context })
  const configs = settleObjects('configs', { name, service, context })
  const inline = [...mounts, secrets, configs].flatMap((each) => each.inline)
  const length = inline.reduce((sum, { text }) => sum + text.length, 0)
  if (length > INLINE_LENGTH_MAX) refuseFile(name, 'its files together', context)
  return { volumes: mounts.flatMap(({ volumes }) => volumes), secrets, configs, inline }
}

interface MountOf {
  readonly name: string
  readonly mount: ComposeMount
  readonly service: ComposeService
  readonly context: RenderContext
}

interface SettledHere {
  readonly volumes: readonly ComposeMount[]
  readonly inline: readonly InlineFile[]
}

function settle(question: MountOf): SettledHere {
  const { mount, service, context } = question
  const { request } = context
  const place = bindPlace(mount, service, context)
  if (place === undefined) return { volumes: [mount], inline: [] }
  const path = mount.source ?? ''
  if (isAdopted(context) && isWithin(request.directory, path)) {
    tellKept(question, dataPath(path, request))
    return { volumes: [{ ...mount, source: dataPath(path, request) }], inline: [] }
  }
  return settlePlace(question, place)
}

function isAdopted({ request }: RenderContext): boolean {
  return request.adopted?.workingDirectory !== undefined
}

function tellKept({ name, context }: MountOf, path: string): void {
  inform(context.findings, `services.${name}.volumes`, `goes on using ${path}: leave it there`)
}

function settlePlace(question: MountOf, place: Place): SettledHere {
  const { mount } = question
  if (place.kind === 'shipped') return { volumes: [], inline: inlineFiles(question) }
  if (place.kind === 'development' || place.kind === 'unclear') {
    return { volumes: settleBind(question, place).mounts, inline: [] }
  }
  if (place.kind === 'data') {
    tellData(question, place)
    const bind = { ...mount.bind, create_host_path: !place.isFile }
    return { volumes: [{ ...mount, source: place.source, bind }], inline: [] }
  }
  tellHost(question, place)
  return { volumes: [{ ...mount, source: place.source }], inline: [] }
}

function inlineFiles({ name, mount, context }: MountOf): InlineFile[] {
  const source = mount.source ?? ''
  const fact = factOf(source, context.request)
  if (fact.kind === 'absent') return []
  const path = shortPath(source, context.request)
  const text = `${path} is copied into ${name} when its container is made`
  inform(context.findings, `services.${name}.volumes`, text)
  const files = fact.kind === 'file' ? [{ path: '', ...fact }] : fact.files
  return files.flatMap((file) => {
    const below = file.path === '' ? '' : `/${file.path}`
    const target = posix.normalize(mount.target + below)
    return inlineFile({ name, target, path: path + below, context }, file)
  })
}

interface InlineQuestion {
  readonly name: string
  readonly target: string
  readonly path: string
  readonly context: RenderContext
}

function inlineFile(
  { name, target, path, context }: InlineQuestion,
  { text, mode }: FileContent,
): InlineFile[] {
  if (text !== undefined) return [{ target, mode, text, owner: {} }]
  refuseFile(name, path, context)
  return []
}

function refuseFile(name: string, what: string, { findings }: RenderContext): void {
  refuse(findings, {
    path: `services.${name}.volumes`,
    text: `${what}: too large, or no text, to be given to an accessory`,
    hint: 'Put it into an image, or onto the servers under an absolute path.',
  })
}

interface ServiceOf {
  readonly name: string
  readonly service: ComposeService
  readonly context: RenderContext
}

function settleObjects(
  kind: FileObjectKind,
  { name, service, context }: ServiceOf,
): References & { readonly inline: readonly InlineFile[] } {
  const references: ComposeFileReference[] = []
  const objects: Record<string, ComposeFileObject> = {}
  const inline: InlineFile[] = []
  for (const reference of service[kind] ?? []) {
    const key = reference.source
    const source = sourceOf({ kind, key, context })
    if (source === undefined) continue
    const target = targetOf(kind, reference)
    if (source.kind === 'text') {
      inline.push({ target, mode: modeOf(reference), text: source.text, owner: ownerOf(reference) })
    } else if (source.kind === 'file' && !isAdopted(context)) {
      const path = shortPath(source.path, context.request)
      inline.push(...inlineFile({ name, target, path, context }, source.content))
    } else {
      references.push(reference)
      objects[key] =
        source.kind === 'file'
          ? { ...context.model[kind]?.[key], file: dataPath(source.path, context.request) }
          : source.object
    }
  }
  return { references, objects, inline }
}

function targetOf(kind: FileObjectKind, { source, target }: ComposeFileReference): string {
  if (kind === 'secrets') return posix.resolve('/run/secrets', target ?? source)
  return posix.resolve('/', target ?? source)
}

function modeOf({ mode }: ComposeFileReference): number {
  return (typeof mode === 'string' ? Number.parseInt(mode, 8) : mode) ?? 0o444
}

function ownerOf({ uid, gid }: ComposeFileReference): InlineFile['owner'] {
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) }
}
