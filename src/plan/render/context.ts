import type { ComposeModel, ComposeService } from '../compose-model.ts'
import type { Findings } from './rendered.ts'
import type { RenderRequest } from './request.ts'
import type { RoleOf } from './roles.ts'

/** What every part of the renderer is given. `model` holds texts as the user meant them. */
export interface RenderContext {
  readonly request: RenderRequest
  readonly model: ComposeModel
  readonly roles: Readonly<Record<string, RoleOf>>
  readonly findings: Findings
}

export function isAccessory({ roles }: RenderContext, service: string): boolean {
  return roles[service]?.role === 'accessory'
}

/** Services of one half, in the model's order; those with no replica take part in neither. */
export function servicesOf(
  context: RenderContext,
  half: 'base' | 'release',
): [string, ComposeService][] {
  return Object.entries(context.model.services).filter(
    ([name, service]) =>
      isAccessory(context, name) === (half === 'base') && replicasOf(service) > 0,
  )
}

export function replicasOf(service: ComposeService): number {
  return service.deploy?.replicas ?? service.scale ?? 1
}

/** The part of a release's names that tells it from others: `r42`, `r42-1` after a restart. */
export function suffixOf({ request }: RenderContext): string {
  return request.release.replace('.', '-')
}

/** A service's key in the release: also its name on networks that others share. */
export function keyOf(context: RenderContext, service: string): string {
  return `${service}-${suffixOf(context)}`
}

/** The user that a service runs as, when it is known to be another than root. */
export function otherUser(context: RenderContext, name: string): string | undefined {
  const wish = context.model.services[name]?.['user']
  const user = typeof wish === 'string' ? wish : (context.request.images[name]?.user ?? '')
  return /^(root|0)?(:|$)/.test(user) ? undefined : user
}

/** A copy without some keys. */
export function omit<T extends object>(object: T, keys: readonly string[]): Partial<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([key]) => !keys.includes(key)),
  ) as Partial<T>
}
