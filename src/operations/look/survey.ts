import { Failure } from '../../base/failure.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { Host } from '../../hosts/host.ts'
import type { Observed } from '../../plan/observed.ts'
import { tellProblems } from '../fleet.ts'
import { mustBeOurs } from '../sound-state.ts'
import type { World } from '../world.ts'

/** One host that was looked at. */
export interface Seen {
  readonly host: string
  readonly link: Host
  readonly observed: Observed
}

/** One that could not be, and why: for people and programs alike. */
export interface Unseen {
  readonly host: string
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly evidence: readonly string[]
}

export interface Survey {
  readonly seen: readonly Seen[]
  readonly unseen: readonly Unseen[]
}

/**
 * Connects to every host at once and hands over what was seen. Looking is worth something even
 * when a host is away, so that is told, and is no failure here.
 */
export async function withSurvey<T>(
  world: World,
  config: AppConfig,
  look: (survey: Survey) => Promise<T>,
): Promise<T> {
  const { app, environment } = config
  const links = config.hosts.map(({ name }, n) => ({ name, link: world.hostAt(config.hosts[n]!) }))
  try {
    const found = await Promise.all(
      links.map(async ({ name, link }) => {
        try {
          world.tell({ type: 'progress', host: name, text: 'connecting' })
          const observed = await link.connect({ app, environment }, world.signal)
          tellProblems(world, observed)
          mustBeOurs(observed, config)
          return { host: name, link, observed }
        } catch (error) {
          return unseen(name, error)
        }
      }),
    )
    return await look({
      seen: found.filter((each): each is Seen => 'observed' in each),
      unseen: found.filter((each): each is Unseen => !('observed' in each)),
    })
  } finally {
    await Promise.allSettled(links.map(({ link }) => link.close()))
  }
}

function unseen(host: string, error: unknown): Unseen {
  if (!(error instanceof Failure) || error.exit === 'interrupted') throw error
  const { code, message, hint, evidence } = error
  return { host, code, message, hint, evidence }
}
