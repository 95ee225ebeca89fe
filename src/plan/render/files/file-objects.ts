import { posix } from 'node:path'
import type {
  ComposeFileObject,
  ComposeFileReference,
  ComposeService,
} from '../../compose-model.ts'
import { otherUser, type RenderContext, servicesOf } from '../context.ts'
import { RELEASE_FOLDER } from '../dollars.ts'
import { refuse, type ShippedFile, warn } from '../rendered.ts'
import type { FileContent } from '../request.ts'
import { factOf, shippedFile, shippedPath, shortPath } from './paths.ts'

export type FileObjectKind = 'secrets' | 'configs'

/** A secret or config with what it holds; undefined after a problem was told. */
export type FileSource =
  | { readonly kind: 'file'; readonly path: string; readonly content: FileContent }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'inline'; readonly object: ComposeFileObject }

export interface ObjectQuestion {
  readonly kind: FileObjectKind
  readonly key: string
  readonly context: RenderContext
}

export function sourceOf(question: ObjectQuestion): FileSource | undefined {
  const { kind, key, context } = question
  const { model, request } = context
  const object = model[kind]?.[key] ?? {}
  if (object.file !== undefined) return fileSource(question, object.file)
  if (object.content !== undefined) return { kind: 'inline', object: { content: object.content } }
  if (object.environment !== undefined) {
    const text = request.values[object.environment]
    if (text !== undefined) return { kind: 'text', text }
    refuse(context.findings, {
      path: `${kind}.${key}.environment`,
      text: `the variable ${object.environment} has no value`,
      hint: `Add ${object.environment} to the environment's env file, or set it for this command.`,
    })
    return undefined
  }
  refuse(context.findings, {
    path: `${kind}.${key}.external`,
    text: 'only Swarm has secrets and configs of its own',
    hint: 'Name a file, or a variable with "environment:".',
  })
  return undefined
}

function fileSource({ kind, key, context }: ObjectQuestion, path: string): FileSource | undefined {
  const fact = factOf(path, context.request)
  if (fact.kind === 'file') return { kind: 'file', path, content: fact }
  const name = shortPath(path, context.request)
  refuse(context.findings, {
    path: `${kind}.${key}.file`,
    text: fact.kind === 'folder' ? `${name} is a folder` : `there is no file ${name}`,
    hint: 'Write the path of a file, relative to the compose file.',
  })
  return undefined
}

/** The release's secrets and configs, each as a file in its folder. */
export interface FileObjects {
  readonly objects: Readonly<Record<FileObjectKind, Readonly<Record<string, ComposeFileObject>>>>
  readonly shipped: readonly ShippedFile[]
}

export function fileObjectsOf(context: RenderContext): FileObjects {
  const services = servicesOf(context, 'release')
  const parts = (['secrets', 'configs'] as const).flatMap((kind) =>
    usedKeys(kind, services).map((key) => ({
      kind,
      ...objectOf({ kind, key, context }, services),
    })),
  )
  const of = (kind: FileObjectKind): Record<string, ComposeFileObject> =>
    Object.fromEntries(
      parts.flatMap((part) => (part.kind === kind && part.object ? [[part.key, part.object]] : [])),
    )
  return {
    objects: { secrets: of('secrets'), configs: of('configs') },
    shipped: parts.flatMap(({ shipped }) => shipped ?? []),
  }
}

export function usedKeys(
  kind: FileObjectKind,
  services: readonly (readonly [string, ComposeService])[],
): string[] {
  const keys = services.flatMap(([, service]) => (service[kind] ?? []).map(({ source }) => source))
  return [...new Set(keys)].sort()
}

interface ObjectPart {
  readonly key: string
  readonly object?: ComposeFileObject
  readonly shipped?: ShippedFile
}

function objectOf(
  question: ObjectQuestion,
  services: readonly (readonly [string, ComposeService])[],
): ObjectPart {
  const { kind, key, context } = question
  const source = sourceOf(question)
  if (source === undefined) return { key }
  if (source.kind === 'inline') return { key, object: source.object }
  const users = services.filter(([, service]) => service[kind]?.some((ref) => ref.source === key))
  if (source.kind === 'text') {
    const references = users.flatMap(([, service]) => service[kind] ?? [])
    const mode = modeFor(references.filter((reference) => reference.source === key))
    return shippedObject(key, { to: `files/.values/${kind}/${key}`, mode, content: source.text })
  }
  for (const [name] of users) tellClosed(name, question, source)
  const to = shippedPath(source.path, context.request)
  return shippedObject(key, shippedFile(source.path, to, source.content))
}

function shippedObject(key: string, shipped: ShippedFile): ObjectPart {
  return { key, object: { file: posix.join(RELEASE_FOLDER, shipped.to) }, shipped }
}

/** Mounted files belong to whoever logs in: one meant for another user must be open to read. */
function modeFor(references: readonly ComposeFileReference[]): number {
  return references.reduce((all, { uid, gid, mode }) => {
    const wish = typeof mode === 'string' ? Number.parseInt(mode, 8) : mode
    return all | (uid === undefined && gid === undefined ? (wish ?? 0o444) : 0o444)
  }, 0)
}

function tellClosed(
  name: string,
  { kind, key, context }: ObjectQuestion,
  { path, content }: { path: string; content: FileContent },
): void {
  const user = otherUser(context, name)
  if (user === undefined || (content.mode & 0o004) !== 0) return
  const short = shortPath(path, context.request)
  warn(
    context.findings,
    `${kind}.${key}.file`,
    `user ${user} in ${name} cannot read ${short}: only its owner may (chmod o+r ${short})`,
  )
}

/** References as compose honours them for files: it ignores owner and mode, and warns of both. */
export function fileReferences(
  references: readonly ComposeFileReference[],
  objects: Readonly<Record<string, ComposeFileObject>>,
): ComposeFileReference[] {
  return references.map((reference) => {
    if (objects[reference.source]?.file === undefined) return reference
    const { source, target } = reference
    return target === undefined ? { source } : { source, target }
  })
}
