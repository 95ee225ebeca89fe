import { newAccessories } from '../plan/accessories.ts'
import type { Instruction } from '../plan/instruction.ts'
import type { Observed } from '../plan/observed.ts'
import type { Release } from '../plan/release.ts'
import { endTasksBeside, insideHandover, undoLast } from './chores.ts'
import type { HostChange } from './host-change.ts'
import { inOrder } from './in-order.ts'
import { ROLLOUTS } from './index.ts'
import { dropOldNames, giveNames, namesBack } from './live.ts'
import { liveSlot, servingRelease } from './old-release.ts'
import { PROXY_PROJECT, siteKey, takesOverPorts } from './prelude.ts'
import { startOld } from './rollout.ts'

/**
 * Undoes everything that any step may have done, whether it ran or not. The order is what makes it
 * lossless: traffic first, containers after.
 */
export function backList(change: HostChange): Instruction[] {
  const { observed } = change
  const first = observed.current === undefined
  const inReverse = inOrder(change.replacements).reverse()
  const holders = takesOverPorts(change).map(({ name }) => name)
  return [
    ...remade(change),
    ...inReverse.flatMap(({ rollout, replacements }) =>
      ROLLOUTS[rollout].back(replacements, insideHandover(change, replacements)),
    ),
    ...endTasksBeside(change),
    ...undoLast(change),
    ...siteBack(change),
    ...namesBack(change),
    ...(holders.length > 0 ? [removal(PROXY_PROJECT), ...starting(holders)] : []),
    ...drop(change),
    ...begun(change),
    ...(first ? emptyHost(change) : []),
  ]
}

/** Containers of the old release that went by hand, or by a prune, while it was being replaced. */
function remade({ observed, replacements }: HostChange): Instruction[] {
  const serving = servingRelease(observed)
  if (serving === undefined) return []
  const { id, project } = serving
  const slot = liveSlot(observed, serving)
  const services = serving.services
    .filter(({ role }) => role !== 'job')
    .map(({ key, containers }) => ({ key, containers }))
  const beside = replacements.filter(
    ({ service }) => ROLLOUTS[service.rollout].startsWith(service) === 'all',
  )
  return [
    { do: 'remake', project, file: `releases/${id}/compose.json`, slot, services },
    // Does nothing, unless they were taken away: they run beside the new ones.
    ...startOld(beside),
  ]
}

/** The old release's site as it was; none where there was none. */
function siteBack({ release, observed }: HostChange): Instruction[] {
  if (release.proxy === 'none') return []
  const serving = observed.current
  const key = siteKey(release)
  const had = observed.proxy.sites[key] !== undefined && serving !== undefined
  return [{ do: 'site', key, file: had ? `releases/${serving}/site.caddy` : null }]
}

/** A kept release goes back to sleep, also through a reboot; a new one is removed. */
function drop({ release, kept }: HostChange): Instruction[] {
  if (!kept) return [removal(release.project)]
  const containers = release.services.flatMap((each) =>
    each.role === 'job' ? [] : each.containers,
  )
  const graceSeconds = Math.max(...release.services.map((service) => service.stopGraceSeconds))
  return [...policy('no', containers), { do: 'stop', containers, graceSeconds }]
}

/** An accessory that came with the release goes with it: started anew, it may be another. */
function begun({ release, observed }: HostChange): Instruction[] {
  const containers = newAccessories(release, observed).flatMap(
    (name) => release.base?.[name]?.containers ?? [],
  )
  return containers.length === 0 ? [] : [{ do: 'remove', containers }]
}

/** A first deployment leaves no container behind: neither accessories nor a proxy of its own. */
function emptyHost({ release, observed }: HostChange): Instruction[] {
  const project = release.baseProject
  const had = observed.containers.some((container) => container.project === project)
  const accessories = release.accessories.length > 0 && !had
  const proxy = release.proxy === 'shared' && !observed.proxy.running
  return [...(accessories ? [removal(project)] : []), ...(proxy ? [removal(PROXY_PROJECT)] : [])]
}

function removal(project: string): Instruction {
  return { do: 'remove-project', project }
}

/** After the confirm: the new is kept, the old drains and stops, what is too old goes. */
export function forwardList(change: HostChange): Instruction[] {
  const { release, observed } = change
  return [
    ...policies(change),
    { do: 'current', release: release.id, previous: previousOf(change) },
    { do: 'mark', release: release.id, mark: 'good' },
    // These do nothing, unless the power failed in between: what was handed over must not run twice.
    ...finishing(change, 'handover'),
    ...starting(longRunning(release)),
    ...giveNames(change),
    ...finishing(change, 'others'),
    ...leaving(change),
    ...dropOldNames(change),
    ...(change.adopted.length > 0 ? [{ do: 'remove' as const, containers: change.adopted }] : []),
    ...release.services.map(({ image }) => ({
      do: 'tag' as const,
      image: image.id,
      tag: image.keepTag,
    })),
    ...change.fold.flatMap((id) => folding(observed, projectOf(observed.releases, id, release))),
    ...change.forget.flatMap((id) => forgetRelease(observed, id)),
  ]
}

function finishing({ replacements }: HostChange, which: 'handover' | 'others'): Instruction[] {
  return inOrder(replacements).flatMap((group) =>
    (group.rollout === 'handover') === (which === 'handover')
      ? ROLLOUTS[group.rollout].forward(group.replacements)
      : [],
  )
}

/** Going back to a kept release and staying there must not make it its own predecessor. */
function previousOf({ release, observed }: HostChange): string {
  if (observed.current === undefined || observed.current === release.id) {
    return observed.previous ?? '-'
  }
  return observed.current
}

/**
 * Only now does the old one not survive a reboot, and then the new one does: between the two a
 * power cut may find neither, but never both of what must not run twice.
 */
function policies(change: HostChange): Instruction[] {
  const { release, observed, adopted } = change
  const old = servingRelease(observed)
  const before = old === undefined ? adopted : longRunning(old)
  const surviving = survivors(change)
  const others = longRunning(release).filter((name) => !surviving.has(name))
  return [...policy('no', before), ...policy('always', others)]
}

/** Those that a step has let survive a reboot: every step was done when there is a commit. */
function survivors({ replacements }: HostChange): ReadonlySet<string> {
  const steps = inOrder(replacements).flatMap((group) =>
    ROLLOUTS[group.rollout].steps(group.replacements),
  )
  const instructions = steps.flatMap((step) => (step.kind === 'change' ? step.instructions : []))
  const always = instructions.flatMap((each) =>
    each.do === 'policy' && each.policy === 'always' ? each.containers : [],
  )
  return new Set(always)
}

function policy(wanted: 'always' | 'no', containers: readonly string[]): Instruction[] {
  return containers.length === 0 ? [] : [{ do: 'policy', policy: wanted, containers }]
}

function starting(containers: readonly string[]): Instruction[] {
  return containers.length === 0 ? [] : [{ do: 'start', containers }]
}

export function longRunning(release: Release): string[] {
  return release.services.flatMap(({ role, containers }) => (role === 'job' ? [] : containers))
}

function leaving({ leaving }: HostChange): Instruction[] {
  return leaving.map(({ containers, graceSeconds }) => ({ do: 'stop', containers, graceSeconds }))
}

function projectOf(
  releases: readonly { readonly id: string; readonly release: Release }[],
  id: string,
  release: Release,
): string {
  return releases.find((kept) => kept.id === id)?.release.project ?? `${release.baseProject}-${id}`
}

/** Nothing where nothing of it is left: to be told so by Docker takes time, for each release. */
function folding({ containers, networks }: Observed, project: string): Instruction[] {
  // A network bears the project's name, whatever stands before and behind it.
  const isThere =
    containers.some((container) => container.project === project) ||
    networks.some((name) => name.includes(`${project}_`))
  return isThere ? [removal(project)] : []
}

/** Containers, networks, the names that keep its images, and its folder: in this order. */
export function forgetRelease(observed: Observed, id: string): Instruction[] {
  const kept = observed.releases.find((each) => each.id === id)?.release
  const tags = kept?.services.map(({ image }) => image.keepTag) ?? []
  return [
    ...(kept ? folding(observed, kept.project) : []),
    ...tags.map((tag) => ({ do: 'untag' as const, tag })),
    { do: 'forget', release: id },
  ]
}
