import type { RolloutKind } from '../../base/words.ts'
import type { ComposeService } from '../compose-model.ts'
import { replicasOf, type RenderContext, servicesOf } from './context.ts'
import { neededBy, tiesOf } from './dependencies.ts'
import type { Mounts } from './mounts.ts'
import { hasFixedAddress, networksOfService } from './halves/networks.ts'
import { isFixed, keptPorts, shownPort } from './ports.ts'
import { type Phase, refuse, warn } from './rendered.ts'

export interface RolloutChoice {
  readonly rollout: RolloutKind
  /** Reads after "handover, because ". */
  readonly because: string
}

type Choices = Record<string, RolloutChoice>

/** Why two of a service must not run at once; `certain`: the second would not even start. */
interface Obstacle {
  readonly because: string
  readonly certain: boolean
}

/** How each service is replaced: as the user says, else as its definition allows. */
export function rolloutsOf(
  context: RenderContext,
  mounts: Readonly<Record<string, Mounts>>,
): Readonly<Choices> {
  const services = servicesOf(context, 'release')
  const obstacles = new Map(
    services.map(([name, service]) => [name, obstaclesOf({ name, service, mounts }, context)]),
  )
  const choices: Choices = {}
  for (const [name] of services) choices[name] = ownChoice(name, obstacles.get(name) ?? [], context)
  spread(choices, context)
  for (const [name] of services) tellUnheld(name, choices, context)
  return choices
}

export function phaseOf(role: string | undefined, { rollout }: RolloutChoice): Phase {
  if (role === 'job') return 'jobs'
  if (rollout !== 'handover') return 'side-by-side'
  return role === 'worker' ? 'workers' : 'handover'
}

interface Question {
  readonly name: string
  readonly service: ComposeService
  readonly mounts: Readonly<Record<string, Mounts>>
}

function obstaclesOf({ name, service, mounts }: Question, context: RenderContext): Obstacle[] {
  const found: Obstacle[] = []
  for (const port of keptPorts(name, service, context).filter(isFixed)) {
    const because = `it publishes ${shownPort(port)} itself`
    found.push({ because, certain: true })
  }
  if (hasFixedAddress(service)) found.push({ because: 'it has a fixed address', certain: true })
  if (service.network_mode === 'host') {
    found.push({ because: "it is on the server's own network", certain: false })
  }
  const written = mounts[name]?.writes ?? []
  if (written.length > 0) {
    found.push({ because: `it writes to ${written.join(' and ')}`, certain: false })
  }
  if (context.request.proxy === 'none') found.push(...foundByOthers(service, context))
  return found
}

/** With a proxy of their own, old and new would get requests side by side, proved or not. */
function foundByOthers(service: ComposeService, { model }: RenderContext): Obstacle[] {
  const found: Obstacle[] = []
  if (service.labels?.['traefik.enable'] === 'true') {
    found.push({ because: 'Traefik would send requests to it unproved', certain: false })
  }
  const external = Object.keys(networksOfService(service)).filter(
    (key) => model.networks?.[key]?.external === true,
  )
  if (external.length > 0) {
    found.push({ because: `others find it by name on ${external.join(', ')}`, certain: false })
  }
  return found
}

function ownChoice(
  name: string,
  obstacles: readonly Obstacle[],
  context: RenderContext,
): RolloutChoice {
  const role = context.roles[name]?.role
  if (role === 'job') return { rollout: 'overlap', because: 'a job runs once' }
  const wish = context.request.services[name]?.rollout
  if (wish !== undefined) {
    checkWish({ name, wish, obstacles }, context)
    return { rollout: wish, because: 'belay.yaml says so' }
  }
  const [first] = obstacles
  if (first !== undefined) return { rollout: 'handover', because: first.because }
  if (role !== 'worker') return { rollout: 'overlap', because: 'two of it can run side by side' }
  return {
    rollout: 'handover',
    because: 'an unproved worker would take jobs that nobody gives back',
  }
}

interface Wish {
  readonly name: string
  readonly wish: RolloutKind
  readonly obstacles: readonly Obstacle[]
}

function checkWish({ name, wish, obstacles }: Wish, context: RenderContext): void {
  const path = `services.${name}.rollout`
  const replicas = replicasOf(context.model.services[name] ?? {})
  if (wish === 'rolling' && replicas < 2) {
    refuse(context.findings, {
      in: 'belay',
      path,
      text: `rolling replaces replicas in batches, and ${name} has only one`,
      hint: `Set deploy.replicas of ${name} in the compose file, or leave rollout out.`,
    })
  }
  if (wish === 'handover') return
  for (const { because, certain } of obstacles) {
    if (certain) {
      refuse(context.findings, {
        in: 'belay',
        path,
        text: `${wish} needs old and new side by side, which cannot be: ${because}`,
        hint: 'Leave rollout out or say handover, or remove that from the compose file.',
      })
    } else {
      warn(context.findings, path, `${wish} runs old and new at once, but ${because}`)
    }
  }
  if (context.roles[name]?.role === 'worker') {
    warn(context.findings, path, `${wish} lets an unproved ${name} take jobs`)
  }
}

/** While a service is handed over, what depends on it would fail its requests: it waits too. */
function spread(choices: Choices, context: RenderContext): void {
  const names = Object.keys(choices)
  for (let changed = true; changed; ) {
    changed = names.some((name) => spreadTo(name, choices, context))
  }
}

function spreadTo(name: string, choices: Choices, context: RenderContext): boolean {
  const own = choices[name]
  if (own === undefined || own.rollout === 'handover') return false
  const role = context.roles[name]?.role
  if (role !== 'app' && role !== 'worker') return false
  const reason = neededBy(name, context)
    .filter((to) => context.roles[to]?.role === 'app' && choices[to]?.rollout === 'handover')
    .map((to) => `it needs ${to}, which is handed over because ${choices[to]?.because}`)
  const tied = Object.keys(choices)
    .filter((other) => isTied(name, other, context) && choices[other]?.rollout === 'handover')
    .map((other) => `it shares a container with ${other}, which is handed over`)
  const [because] = [...tied, ...reason]
  if (because === undefined) return false
  if (context.request.services[name]?.rollout !== undefined) {
    warn(context.findings, `services.${name}.rollout`, because)
    return false
  }
  choices[name] = { rollout: 'handover', because }
  return true
}

function isTied(a: string, b: string, { model }: RenderContext): boolean {
  const ties = (from: string, to: string): boolean =>
    tiesOf(model.services[from] ?? {}).some((tie) => tie.to === to)
  return ties(a, b) || ties(b, a)
}

/** Only requests from the proxy are held; who calls a service directly sees it gone. */
function tellUnheld(name: string, choices: Choices, context: RenderContext): void {
  const { request, roles, model, findings } = context
  if (roles[name]?.role !== 'app' || choices[name]?.rollout !== 'handover') return
  if ((request.services[name]?.routes.length ?? 0) > 0 && request.proxy === 'shared') return
  if ((model.services[name]?.ports?.length ?? 0) > 0) return
  const routed = Object.keys(choices).some(
    (other) =>
      (request.services[other]?.routes.length ?? 0) > 0 && allNeededBy(other, context).has(name),
  )
  if (routed) return
  const text = 'who calls it during the hand-over gets an error: the proxy does not hold for it'
  warn(findings, `services.${name}`, text)
}

function allNeededBy(name: string, context: RenderContext): ReadonlySet<string> {
  const all = new Set<string>()
  const queue = [name]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const needed of neededBy(next, context)) {
      if (all.has(needed)) continue
      all.add(needed)
      queue.push(needed)
    }
  }
  return all
}
