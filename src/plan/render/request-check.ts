import { routeKey, slotAlias } from '../../base/names.ts'
import { isAccessory, type RenderContext, replicasOf } from './context.ts'
import { checkProxyPorts } from './ports.ts'
import { inform, refuse, warn } from './rendered.ts'
import type { ServiceChoice } from './request.ts'
import { healthCommandOf } from './service-facts.ts'

/** The longest name that DNS can carry. */
const LABEL_LENGTH_MAX = 63

/** What belay.yaml asks of a service, held against what compose says of it. */
export function checkRequest(context: RenderContext): void {
  for (const [name, choice] of Object.entries(context.request.services)) {
    if (context.model.services[name] === undefined) checkUnknown(name, choice, context)
    else {
      if (choice.routes.length > 0) {
        checkRoutes(name, context)
        tellUnchecked(name, context)
      }
      if (choice.checkPorts.length > 0) checkPorts(name, context)
      if (choice.isChecked === true) checkAsked(name, context)
      if (choice.calls !== undefined && !isAccessory(context, name)) checkCaller(name, context)
    }
  }
  for (const [name, service] of Object.entries(context.model.services)) {
    checkProxyPorts(name, service, context)
    tellRole(name, context)
  }
}

function checkCaller(name: string, { findings }: RenderContext): void {
  refuse(findings, {
    in: 'belay',
    path: `services.${name}.calls`,
    text: `${name} belongs to the release, which sees its own services anyway`,
    hint: 'Leave calls out: it is for accessories.',
  })
}

function checkUnknown(name: string, { role }: ServiceChoice, { findings }: RenderContext): void {
  // A service of an inactive profile is not in the model, and says nothing about a mistake.
  if (role === 'job') return
  refuse(findings, {
    in: 'belay',
    path: `services.${name}`,
    text: `compose has no service ${name}, or not with these profiles`,
    hint: 'Check the spelling against the compose file, or add its profile in belay.yaml.',
  })
}

/** A job has ended by the time that anything is asked. */
function checkAsked(name: string, { roles, findings }: RenderContext): void {
  const role = roles[name]
  if (role?.role !== 'job') return
  refuse(findings, {
    in: 'belay',
    path: `services.${name}`,
    text: `a check asks ${name}, a job (${role.because}), which has ended by then`,
    hint: `Its exit code is its proof: leave the check out, or say services.${name}.role: worker.`,
  })
}

function checkRoutes(name: string, context: RenderContext): void {
  const { request, model, findings } = context
  const service = model.services[name] ?? {}
  if (isAccessory(context, name)) {
    refuse(findings, {
      in: 'belay',
      path: `services.${name}.routes`,
      text: `${name} is an accessory: in no release, so that no traffic can be moved`,
      hint: `Say services.${name}.role: app.`,
    })
  }
  if (replicasOf(service) === 0) {
    refuse(findings, {
      path: `services.${name}.deploy.replicas`,
      text: `${name} has routes, but no replica that could answer`,
      hint: 'Set at least one replica, or remove the routes.',
    })
  }
  if (request.proxy === 'none') {
    const text = 'means nothing without the shared proxy (proxy: none)'
    warn(findings, `services.${name}.routes`, text)
    return
  }
  if (service.network_mode !== undefined) {
    refuse(findings, {
      path: `services.${name}.network_mode`,
      text: `the proxy cannot reach ${name} by name with network_mode: ${service.network_mode}`,
      hint: 'Remove network_mode, or use a proxy of your own with proxy: none.',
    })
  }
  checkLength(name, context)
}

/** A process that runs is no proof that it answers. */
function tellUnchecked(name: string, { request, model, findings }: RenderContext): void {
  const image = request.images[name]
  const command = healthCommandOf(model.services[name]?.healthcheck, image?.healthCommand)
  if (command !== undefined || request.services[name]?.isChecked === true) return
  const text =
    image?.id === undefined
      ? 'nothing asks whether it works: say health: /path, unless its image has a HEALTHCHECK'
      : 'nothing asks whether it works, so it is kept as soon as it runs: say health: /path'
  warn(findings, `services.${name}`, text)
}

function checkLength(service: string, { request, findings }: RenderContext): void {
  const { app, environment } = request
  const alias = slotAlias(routeKey({ app, environment, service }), 'a')
  if (alias.length <= LABEL_LENGTH_MAX) return
  refuse(findings, {
    in: 'belay',
    path: `services.${service}`,
    text: `${alias} is longer than the ${LABEL_LENGTH_MAX} characters that a name may have`,
    hint: 'Choose a shorter name for the app, the environment or the service.',
  })
}

function checkPorts(name: string, context: RenderContext): void {
  const { request, findings } = context
  if (request.proxy === 'none') return
  if (!isAccessory(context, name)) return checkLength(name, context)
  refuse(findings, {
    in: 'belay',
    path: `services.${name}.checks`,
    text: `${name} is an accessory, which the proxy that asks for checks cannot reach`,
    hint: `Check it by a command inside its container: run: { service: ${name}, command: … }.`,
  })
}

function tellRole(name: string, { roles, model, findings }: RenderContext): void {
  const about = `services.${name}`
  if (replicasOf(model.services[name] ?? {}) === 0) {
    inform(findings, `${about}.deploy.replicas`, 'has no replica, and is left out')
    return
  }
  const role = roles[name]
  if (role?.guessed === true && (role.role === 'job' || role.role === 'worker')) {
    inform(findings, about, `taken as a ${role.role}, because ${role.because}`)
  }
}
