import type { ComposeService } from '../compose-model.ts'
import type { LiveName } from '../release.ts'
import { hasAddress, namesInSettings } from './addresses.ts'
import { isAccessory, type RenderContext, servicesOf } from './context.ts'
import { linksOf } from './dependencies.ts'
import { networksOfService } from './halves/networks.ts'
import { inform, refuse } from './rendered.ts'

/** An accessory that calls a service of the release. */
interface Call {
  readonly caller: string
  readonly service: string
  readonly names: readonly string[]
}

/**
 * Which services of the release accessories call, and by which names. On the networks that they
 * share, a release has names of its own, or an unproved one would get calls; so these names are
 * given to the release that is confirmed.
 */
export function callsOf(context: RenderContext): LiveName[] {
  const calls = servicesOf(context, 'base').flatMap((each) => callsBy(each, context))
  return [...new Set(calls.map(({ service }) => service))].map((service) => {
    const own = calls.filter((call) => call.service === service)
    return {
      service,
      names: [...new Set(own.flatMap(({ names }) => names))],
      callers: [...new Set(own.map(({ caller }) => caller))],
    }
  })
}

function callsBy([caller, accessory]: [string, ComposeService], context: RenderContext): Call[] {
  const wanted = context.request.services[caller]?.calls ?? []
  for (const service of wanted) checkCall(caller, service, context)
  return servicesOf(context, 'release').flatMap(([service, definition]) => {
    if (context.roles[service]?.role === 'job') return []
    const common = commonNetworks(accessory, definition)
    if (common.length === 0) return []
    const names = namesOf({ caller, service, common }, context)
    const because = wanted.includes(service)
      ? 'as belay.yaml says'
      : reasonToCall({ caller, service, names }, context)
    if (because === undefined) return []
    const text = `calls ${service} (${because}): after each confirm the name leads to the new release`
    inform(context.findings, `services.${caller}`, text)
    return [{ caller, service, names }]
  })
}

function commonNetworks(one: ComposeService, other: ComposeService): string[] {
  const others = networksOfService(other)
  return Object.keys(networksOfService(one)).filter((key) => key in others)
}

/** As compose would let the accessory call it. */
function namesOf(
  { caller, service, common }: { caller: string; service: string; common: readonly string[] },
  { model }: RenderContext,
): string[] {
  const definition = model.services[service] ?? {}
  const { container_name: own } = definition
  const aliases = common.flatMap((key) => networksOfService(definition)[key]?.aliases ?? [])
  const links = linksOf(model.services[caller] ?? {}).filter(({ to }) => to === service)
  const names = [service, ...(own === undefined ? [] : [own]), ...aliases]
  return [...new Set([...names, ...links.map(({ alias }) => alias)])]
}

function reasonToCall({ caller, service, names }: Call, context: RenderContext) {
  const accessory = context.model.services[caller] ?? {}
  const needs = accessory.depends_on?.[service] !== undefined
  if (needs) return 'it depends on it'
  if (linksOf(accessory).some(({ to }) => to === service)) return 'it has a link to it'
  if (names.some((name) => namesInSettings(accessory, name))) return 'its settings name it'
  const texts = textsOf(accessory, context)
  const file = texts.find(({ text }) => names.some((name) => hasAddress(text, name)))
  return file === undefined ? undefined : `${file.path} names it`
}

/** What an accessory reads of the project's files. */
function textsOf({ volumes, configs, secrets }: ComposeService, { model, request }: RenderContext) {
  const paths = [
    ...(volumes ?? []).flatMap(({ type, source }) => (type === 'bind' ? (source ?? []) : [])),
    ...(configs ?? []).flatMap(({ source }) => model.configs?.[source]?.file ?? []),
    ...(secrets ?? []).flatMap(({ source }) => model.secrets?.[source]?.file ?? []),
  ]
  const inline = (configs ?? []).flatMap(({ source }) => {
    const content = model.configs?.[source]?.content
    return content === undefined ? [] : [{ path: `configs.${source}`, text: content }]
  })
  const files = paths.flatMap((path) => {
    const fact = request.files[path]
    if (fact === undefined || fact.kind === 'absent') return []
    const held = fact.kind === 'file' ? [{ ...fact, path: '' }] : fact.files
    return held.flatMap((each) => {
      const at = [path.slice(path.lastIndexOf('/') + 1), each.path].filter((part) => part !== '')
      return each.text === undefined ? [] : [{ path: at.join('/'), text: each.text }]
    })
  })
  return [...inline, ...files]
}

function checkCall(caller: string, service: string, context: RenderContext): void {
  const { model, findings, roles } = context
  const refuseCall = (text: string, hint: string): void =>
    refuse(findings, { in: 'belay', path: `services.${caller}.calls`, text, hint })
  const definition = model.services[service]
  if (definition === undefined) {
    refuseCall(`compose has no service ${service}`, 'Check the spelling against the compose file.')
  } else if (isAccessory(context, service) || roles[service]?.role === 'job') {
    const what = isAccessory(context, service) ? 'an accessory' : 'a job'
    refuseCall(`${service} is ${what}: its name never moves`, 'Leave it out.')
  } else if (commonNetworks(model.services[caller] ?? {}, definition).length === 0) {
    const hint = 'Put both on one network in the compose file.'
    refuseCall(`${caller} and ${service} share no network`, hint)
  }
}
