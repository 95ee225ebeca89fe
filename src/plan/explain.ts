import type { ReleaseService } from './release.ts'
import type { HostPlan, Note, Plan, PlannedStep } from './plan.ts'

/**
 * A plan for people: what changes, in which order, and why. Whoever only wants the `warnings` is
 * told how many notes there are beside them.
 */
export function explain(plan: Plan, notes: 'all' | 'warnings' = 'all'): string[] {
  const { change } = plan
  const isBase = plan.purpose === 'base'
  if (change.kind === 'nothing') {
    return [`nothing to do: ${change.because}`, ...(isBase ? noteLines(plan, notes) : [])]
  }
  return [
    headline(plan),
    ...change.services.map(({ service, differs }) => `  ${service}: ${differs.join(', ')}`),
    ...unseenLines(plan),
    ...baseLines(plan),
    ...(isBase ? [] : ['', ...rolloutLines(plan)]),
    ...waveLines(plan),
    ...plan.hosts.flatMap((host) => hostLines(plan, host)),
    ...noteLines(plan, notes),
  ]
}

function headline({ purpose, release, app, environment, change }: Plan): string {
  if (purpose === 'base') {
    return `change the base of ${app} in ${environment}, ${release.id} goes on serving: ${change.because}`
  }
  return `${purpose} ${release.id} of ${app} to ${environment}: ${change.because}`
}

function rolloutLines({ release, purpose, hosts }: Plan): string[] {
  return release.services.flatMap((service) => {
    const { name, role, rollout, because } = service
    if (role === 'job') return [jobLine(name, { purpose, hosts })]
    return [`${name} by ${rollout}: ${because}`, ...holdLines(service)]
  })
}

/** What clients notice of a hand-over. */
function holdLines({ rollout, routes, holdSeconds }: ReleaseService): string[] {
  if (rollout !== 'handover' || routes.length === 0) return []
  return [
    `  while none runs, requests wait, up to ${holdSeconds} s; open WebSockets and events end`,
  ]
}

function jobLine(name: string, { purpose, hosts }: Pick<Plan, 'purpose' | 'hosts'>): string {
  const once = hosts.length > 1 ? 'once on each host' : 'once'
  return purpose === 'deploy'
    ? `${name} runs ${once}, before the others`
    : `${name} does not run again: a job runs once per release`
}

/** Something differs, and none of what is told of a service does. */
function unseenLines({ change, purpose }: Plan): string[] {
  const isUnseen = purpose === 'deploy' && change.kind === 'replace' && change.services.length === 0
  return isUnseen ? ['  the same services; mounted files, routes or checks differ'] : []
}

/** Later deployments leave these alone, so only the first has anything to say of them. */
function baseLines({ change, release }: Plan): string[] {
  const { accessories } = release
  if (change.kind !== 'first' || accessories.length === 0) return []
  return [`  ${accessories.join(', ')}: started if not there yet, then left alone by deployments`]
}

function waveLines({ waves }: Plan): string[] {
  if (waves.length < 2) return []
  return waves.map((names, index) => `wave ${index + 1}: ${names.join(', ')}`)
}

/** Hosts with the same steps are told once. */
function hostLines(plan: Plan, host: HostPlan): string[] {
  const text = stepLines(plan, host)
  const same = plan.hosts.filter((other) => stepLines(plan, other).join('\n') === text.join('\n'))
  if (same[0]?.host !== host.host) return []
  return ['', `on ${same.map(({ host: name }) => name).join(', ')}:`, ...text]
}

function stepLines({ purpose }: Plan, { steps, previous }: HostPlan): string[] {
  const old = purpose === 'base' ? 'the old containers' : previous
  const kept = old ?? 'the host as it was'
  return [
    ...steps.map((step, index) => `  ${index + 1}. ${step.title}: ${step.because}${limit(step)}`),
    `  then confirm, or back to ${kept}`,
  ]
}

function limit({ timeoutSeconds }: PlannedStep): string {
  return ` (at most ${timeoutSeconds} s)`
}

/** Warnings last: nearest to the question that follows. */
function noteLines({ notes }: Plan, wanted: 'all' | 'warnings'): string[] {
  if (notes.length === 0) return []
  const textsOf = (level: Note['level']) =>
    notes.filter((note) => note.level === level).map(({ about, text }) => `${about}: ${text}`)
  const infos = textsOf('info').map((text) => `note: ${text}`)
  const warnings = textsOf('warning').map((text) => `warning: ${text}`)
  const isShort = wanted === 'warnings' && infos.length > 1
  const told = isShort ? [`${infos.length} notes, as belay plan shows them`] : infos
  return ['', ...told, ...warnings]
}
