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
import { commandsOf } from '../migrate/chores.ts'
import { serviceChoices } from './choices.ts'
import { definitionsOf, sha256 } from './definitions.ts'
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
  const failed = failedBefore(config, parts, { hosts: observed, fingerprint })
  return { ...parts, neutral, fingerprint, failedBefore: failed }
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
    commands: commandsOf(config),
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
  // What is not said leaves no trace, so that a new setting makes no release of its own.
  const site = { ...(proxy.tls === 'off' && { tls: 'off' }), ...balancerOf(config) }
  const said = Object.keys(site).length === 0 ? [] : [site]
  return sha256([withoutIds, neutral.shipped, identities, services, smoke, proxy.mode, ...said])
}

function balancerOf({ proxy: { balancer } }: AppConfig): { balancer?: readonly string[] } {
  return balancer.length === 0 ? {} : { balancer }
}

/** The very same thing: also what a failing release brought along, and took away again. */
function failedBefore(
  config: AppConfig,
  parts: Parts,
  { hosts, fingerprint }: { hosts: readonly Observed[]; fingerprint: string },
): Draft['failedBefore'] {
  for (const observed of hosts) {
    const alike = observed.releases.filter(
      ({ mark, release }) => mark === 'bad' && release.fingerprint === fingerprint,
    )
    if (alike.length === 0) continue
    const { base } = renderFor(config, parts, { release: NEUTRAL, observed })
    const definitions = JSON.stringify(definitionsOf(base))
    const failed = alike.find(({ release }) => JSON.stringify(release.base ?? {}) === definitions)
    if (failed === undefined) continue
    return { release: failed.id, reason: failed.reason ?? 'it did not prove itself' }
  }
  return undefined
}
