import type { AppConfig } from '../../config/app-config.ts'
import { dockerMissingHere } from '../../hosts/own-workstation/failures.ts'
import type { ContextOrigin } from '../../hosts/workstation.ts'
import type { Note } from '../../plan/plan.ts'
import { isUnbuilt, type ServiceImage } from '../draft/images.ts'
import type { Source } from '../draft/source.ts'
import type { World } from '../world.ts'
import { secretInArgument, treeDirty } from './failures.ts'

/** What is not committed would be missing in the image: nobody should wonder later. */
export function mustBeCommitted(
  images: readonly ServiceImage[],
  { dirty }: { readonly dirty: boolean },
): void {
  const files = dirtyFiles(images)
  if (dirty || files.length === 0) return
  const services = images.filter((image) => dirtyFiles([image]).length > 0)
  throw treeDirty({ services: services.map(({ service }) => service), files })
}

function dirtyFiles(images: readonly ServiceImage[]): string[] {
  const contexts = images.flatMap(({ build }) => [...(build?.contexts.values() ?? [])])
  return [...new Set(contexts.flatMap(({ dirty }) => dirty))].sort()
}

/** Nobody should agree to a plan that begins with a build, where none can be done. */
export async function mustBeBuildable(
  world: Pick<World, 'workstation'>,
  config: AppConfig,
  { images, source }: { images: readonly ServiceImage[]; source: Source },
): Promise<void> {
  const unbuilt = images.filter(isUnbuilt)
  if (unbuilt.length === 0) return
  mustHoldNoSecret(config, { images: unbuilt, source })
  if (config.build.on !== 'here') return
  const reason = await world.workstation.whyNoDocker()
  if (reason === undefined) return
  const names = unbuilt.map(({ service }) => service)
  throw dockerMissingHere({ wanted: `build ${names.join(', ')}`, reason })
}

function mustHoldNoSecret(
  config: AppConfig,
  { images, source }: { images: readonly ServiceImage[]; source: Source },
): void {
  for (const { service, name, variable, file, at } of source.outsideArguments) {
    const { publicArgs, args } = config.services[service]?.build ?? config.build
    const isReplaced = Object.hasOwn(args, name)
    const isBuilt = images.some((image) => image.service === service)
    if (!isBuilt || isReplaced || publicArgs.includes(name)) continue
    const path = `services.${service}.build.args.${name}`
    throw secretInArgument({ file, ...at, path, variable })
  }
}

/** From what images are built, where one is to be; and always what is not as it was committed. */
export function buildNotes(images: readonly ServiceImage[], { build }: AppConfig): Note[] {
  const texts = new Map<string, string[]>()
  for (const image of images.filter(isUnbuilt)) {
    for (const { from } of image.build?.contexts.values() ?? []) {
      const text = originText(from)
      texts.set(text, [...(texts.get(text) ?? []), image.service])
    }
  }
  const where = build.on === 'here' ? 'here' : `on ${build.on}`
  const told = [...texts].map(([text, services]): Note => {
    const about = [...new Set(services)].join(', ')
    return { level: 'info', about, text: `built ${where} from ${text}` }
  })
  const files = dirtyFiles(images)
  if (files.length === 0) return told
  const text = `not as it was committed: ${files.slice(0, SHOWN_MAX).join(', ')}`
  const more = files.length > SHOWN_MAX ? ` and ${files.length - SHOWN_MAX} more` : ''
  return [...told, { level: 'warning', about: 'build', text: `${text}${more}` }]
}

const SHOWN_MAX = 5

function originText(from: ContextOrigin): string {
  if (from.kind === 'commit') return `a clean checkout of commit ${from.commit.slice(0, 7)}`
  return FOLDER_TEXTS[from.because]
}

const FOLDER_TEXTS = {
  asked: 'the folder as it lies, as --dirty asks for it',
  'no-git': 'the folder as it lies: it is not in git, or nothing is committed yet',
  'not-committed': 'the folder as it lies: git ignores it',
  submodules: 'the folder as it lies: it has submodules in it',
  elsewhere: 'an address, which Docker looks up itself',
} as const
