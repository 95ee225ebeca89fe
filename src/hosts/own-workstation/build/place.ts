import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import type { ComposeBuild } from '../../../plan/compose-model.ts'
import type { BuildModel, BuildRequest } from '../../workstation.ts'
import type { Machine } from '../machine.ts'
import { isElsewhere } from './build-context.ts'
import { checkOut } from './checkout.ts'

/** A folder for what a build needs and nobody else; removed in the end. */
export async function buildFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'belay-build-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** The same build, with what is to come from a commit checked out and named there. */
export async function placed(
  machine: Machine,
  { model, commits }: Pick<BuildRequest, 'model' | 'commits'>,
  folder: string,
): Promise<BuildModel> {
  const checkouts = new Map<string, string>()
  for (const { toplevel, commit } of commits.values()) {
    const key = `${toplevel} ${commit}`
    if (checkouts.has(key)) continue
    const path = join(folder, `checkout-${checkouts.size}`)
    checkouts.set(key, await checkOut(machine, { toplevel, commit }, path))
  }
  const place = (context: string): Placed => {
    const from = commits.get(context)
    if (from === undefined) return { context, from: context, to: context }
    const files = checkouts.get(`${from.toplevel} ${from.commit}`) ?? ''
    return { context: join(files, from.prefix), from: from.toplevel, to: files }
  }
  return mapBuilds(model, (build) => placedBuild(build, place))
}

/** Where a context is now; and of its repository, which the Dockerfile may lie in as well. */
interface Placed {
  readonly context: string
  readonly from: string
  readonly to: string
}

function placedBuild(build: ComposeBuild, place: (context: string) => Placed): ComposeBuild {
  const { context = '.', dockerfile, additional_contexts: more } = build
  const { context: there, from, to } = place(context)
  return {
    ...build,
    context: there,
    ...(dockerfile === undefined ? {} : { dockerfile: moved(dockerfile, from, to) }),
    ...(more === undefined
      ? {}
      : {
          additional_contexts: mapValues(more, (each) =>
            isFolder(each) ? place(each).context : each,
          ),
        }),
  }
}

/** Relative to its context it stays what it is. */
function moved(dockerfile: string, from: string, to: string): string {
  const path = normalize(dockerfile)
  return path.startsWith(`${from}/`) ? join(to, path.slice(from.length)) : dockerfile
}

/** Others are addresses: `docker-image://…`, `service:base`. */
export function isFolder(context: string): boolean {
  return context.startsWith('/') && !isElsewhere(context)
}

export function mapBuilds(
  model: BuildModel,
  change: (build: ComposeBuild) => ComposeBuild,
): BuildModel {
  const services = mapValues(model.services, (service) =>
    service.build === undefined ? service : { ...service, build: change(service.build) },
  )
  return { ...model, services }
}

export function mapValues<From, To>(
  map: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]))
}
