import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import type { AppConfig } from '../../config/app-config.ts'
import { composeUnsupported } from '../../plan/failures.ts'
import type { Observed } from '../../plan/observed.ts'
import { render } from '../../plan/render/render.ts'
import type { Adopted } from '../../plan/release.ts'
import type { Rendered } from '../../plan/render/rendered.ts'
import type { FileFact } from '../../plan/render/request.ts'
import { type Fleet, observedOn } from '../fleet.ts'
import { findAdopted } from './adopted.ts'
import { serviceChoices } from './choices.ts'
import { type ServiceImage, chosenFacts, findImagesThere } from './images.ts'
import type { Local } from './local.ts'
import type { Source } from './source.ts'

/** A release before it has a number: all that is known of what the user wants to run. */
export interface Draft {
  readonly source: Source
  readonly images: readonly ServiceImage[]
  readonly files: Readonly<Record<string, FileFact>>
  /** By host. */
  readonly adopted: ReadonlyMap<string, Adopted>
  /** Rendered with a number that never changes, for comparing. */
  readonly neutral: Rendered
  /** Equal fingerprints mean that there is nothing to deploy. */
  readonly fingerprint: string
  /** A release with this very fingerprint that did not prove itself. */
  readonly failedBefore: { readonly release: string; readonly reason: string } | undefined
}

const NEUTRAL = 'r1'

/** Asks the hosts what else rendering needs, and renders once to see what cannot be honoured. */
export async function makeDraft(
  config: AppConfig,
  { source, local, fleet }: { source: Source; local: Local; fleet: Fleet },
): Promise<Draft> {
  const [images, adopted] = await Promise.all([
    findImagesThere(fleet, local.images),
    findAdopted(fleet, source.baseProject),
  ])
  const { files } = local
  const parts = { source, files, images, adopted }
  const neutral = renderFor(config, parts, { release: NEUTRAL })
  if (neutral.problems.length > 0) throw composeUnsupported({ problems: neutral.problems })
  const fingerprint = fingerprintOf(config, neutral, images)
  const observed = fleet.names.map((name) => observedOn(fleet, name))
  return { ...parts, neutral, fingerprint, failedBefore: failedBefore(observed, fingerprint) }
}

type Parts = Pick<Draft, 'source' | 'files' | 'images' | 'adopted'>

/** Renders for one host: what it has been adopted from, or kept, may differ from another's. */
export function renderFor(
  config: AppConfig,
  { source, files, images, adopted }: Parts,
  { release, observed }: { release: string; observed?: Observed },
): Rendered {
  const { model, baseProject } = source
  const serving = observed?.releases.find(({ id }) => id === observed.current)?.release
  const data = adopted.get(observed?.host ?? '')
  return render({
    model,
    app: config.app,
    environment: config.environment,
    release,
    baseProject,
    proxy: config.proxy.mode,
    proxyPorts: [config.proxy.httpPort, config.proxy.httpsPort],
    services: serviceChoices(config),
    images: Object.fromEntries(
      images.map((image) => {
        return [image.service, chosenFacts(image) ?? {}]
      }),
    ),
    directory: config.directory,
    home: homedir(),
    files,
    values: config.env.values,
    ...(data === undefined ? {} : { adopted: data }),
    ...(serving === undefined ? {} : { keptVolumes: serving.volumes }),
  })
}

/** Everything that makes a release what it is: files, environment, images, routes and checks. */
function fingerprintOf(
  config: AppConfig,
  neutral: Rendered,
  images: readonly ServiceImage[],
): string {
  const identities = images.map((image) => [
    image.service,
    image.build?.hash ?? chosenFacts(image)?.id ?? image.reference,
  ])
  const withoutIds = JSON.stringify(neutral.release).replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256')
  const { services, smoke, proxy } = config
  return sha256([withoutIds, neutral.shipped, identities, services, smoke, proxy.mode])
}

/** Of plain data, in its own order. */
export function sha256(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}

function failedBefore(hosts: readonly Observed[], fingerprint: string): Draft['failedBefore'] {
  const failed = hosts
    .flatMap(({ releases }) => releases)
    .find(({ mark, release }) => mark === 'bad' && release.fingerprint === fingerprint)
  if (failed === undefined) return undefined
  return { release: failed.id, reason: failed.reason ?? 'it did not prove itself' }
}
