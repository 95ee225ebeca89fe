import type { ComposeMount, ComposeService } from '../../compose-model.ts'
import { otherUser, type RenderContext } from '../context.ts'
import { inform, refuse, warn } from '../rendered.ts'
import { isWithin, type Place, placeOf, shortPath } from './paths.ts'
import { LEFT_OUT, type MountQuestion, type SettledMount, written } from './settled.ts'

/** Where a bind mount's source lies on the server; undefined for mounts of another type. */
export function bindPlace(
  mount: ComposeMount,
  service: ComposeService,
  { request }: RenderContext,
): Place | undefined {
  if (mount.type !== 'bind') return undefined
  const build = service.build?.context
  const context = build?.startsWith('/') === true ? { context: build } : {}
  const readOnly = mount.read_only === true
  return placeOf({ source: mount.source ?? '/', readOnly, ...context }, request)
}

/** Gives a bind mount its place, and tells of it. */
export function settleBind(question: MountQuestion, place: Place): SettledMount {
  if (place.kind === 'development') return settleDevelopment(question)
  if (place.kind === 'unclear') return settleUnclear(question)
  if (place.kind === 'shipped') return settleShipped(question, place)
  return place.kind === 'data' ? settleData(question, place) : settleHost(question, place)
}

function settleDevelopment({ name, mount, context }: MountQuestion): SettledMount {
  const about = `services.${name}.volumes`
  const what = `${shown(mount, context)} is laid over ${mount.target} for development: left out`
  const build = context.model.services[name]?.build?.context ?? '/'
  const isPart = !isWithin(mount.source ?? '/', build)
  const instead = isPart ? '; with :ro it is shipped instead' : ''
  inform(context.findings, about, `${what}, the image's own files are used${instead}`)
  return LEFT_OUT
}

function settleUnclear({ name, mount, context }: MountQuestion): SettledMount {
  refuse(context.findings, {
    path: `services.${name}.volumes`,
    text: `cannot tell whether ${shown(mount, context)} is code or data: it is not under git`,
    hint: 'Put the project under git, mount a folder inside it, or copy the files into an image.',
  })
  return LEFT_OUT
}

type Shipped = Extract<Place, { readonly kind: 'shipped' }>
type Data = Extract<Place, { readonly kind: 'data' }>
type OnHost = Extract<Place, { readonly kind: 'home' | 'host' }>

function settleShipped({ name, mount, context }: MountQuestion, place: Shipped): SettledMount {
  const about = `services.${name}.volumes`
  const path = shown(mount, context)
  const was = mount.read_only === true ? '' : ', where it was writable'
  inform(
    context.findings,
    about,
    `${path} is shipped with each release and mounted read-only at ${mount.target}${was}`,
  )
  const user = otherUser(context, name)
  if (user !== undefined && place.files.some(({ mode }) => (mode & 0o004) === 0)) {
    warn(context.findings, about, `user ${user} cannot read ${path}: only its owner may`)
  }
  const bind = { ...mount.bind, create_host_path: false }
  return {
    mounts: [{ ...mount, source: place.source, read_only: true, bind }],
    shipped: place.files,
  }
}

function settleData(question: MountQuestion, place: Data): SettledMount {
  const { mount, context } = question
  const path = shown(mount, context)
  tellData(question, place)
  const bind = { ...mount.bind, create_host_path: !place.isFile }
  return { mounts: [{ ...mount, source: place.source, bind }], ...written(mount, path) }
}

/** Says where data is kept; base and release say the same. */
export function tellData({ name, mount, context }: MountQuestion, place: Data): void {
  const about = `services.${name}.volumes`
  const path = shown(mount, context)
  if (place.isFile) {
    const text = `${path} is a file that git does not track: each server must have it as data`
    warn(context.findings, about, text)
    return
  }
  inform(context.findings, about, `${path} is data: each server keeps its own`)
  const user = otherUser(context, name)
  if (user === undefined || mount.read_only === true) return
  const text = `Docker makes ${path} for root: user ${user} can write there only after a chown`
  warn(context.findings, about, text)
}

function settleHost(question: MountQuestion, place: OnHost): SettledMount {
  const { mount } = question
  tellHost(question, place)
  const mounts = [{ ...mount, source: place.source }]
  const path = mount.source ?? ''
  return isOfTheSystem(path) ? { mounts } : { mounts, ...written(mount, path) }
}

export function tellHost({ name, mount, context }: MountQuestion, place: OnHost): void {
  const about = `services.${name}.volumes`
  const path = mount.source ?? ''
  if (place.kind === 'home') {
    const text = `${path} is below your home: the home of the user on the server is taken instead`
    warn(context.findings, about, text)
  } else if (!isOfTheSystem(path)) {
    inform(context.findings, about, `${path} is the server's own, and left as it is`)
  }
}

const SYSTEM = ['/proc', '/sys', '/dev', '/run', '/var/run', '/lib/modules', '/etc/localtime']

/** Sockets, clocks and devices hold no data of the app. */
function isOfTheSystem(path: string): boolean {
  return path.endsWith('.sock') || SYSTEM.some((folder) => isWithin(folder, path))
}

function shown(mount: ComposeMount, { request }: RenderContext): string {
  return shortPath(mount.source ?? '', request)
}
