import { didYouMean } from '../../../config/source/nearest.ts'
import type { ComposeModel, ComposeService } from '../../compose-model.ts'
import { isAccessory, omit, type RenderContext } from '../context.ts'
import { type RenderedService, refuse } from '../rendered.ts'
import type { Command } from '../request.ts'

/** A service for each command, beside the one that it takes everything else from. */
export function commandServices(
  { services: definitions }: ComposeModel,
  services: readonly RenderedService[],
  context: RenderContext,
): Record<string, ComposeService> {
  const { commands = [] } = context.request
  return Object.fromEntries(
    commands.flatMap((command) => {
      const from = services.find(({ name }) => name === command.service)
      const definition = definitions[from?.key ?? '']
      if (definition !== undefined) return [[command.key, commandService(definition, command)]]
      refuseService(command, services, context)
      return []
    }),
  )
}

/** What makes a service be found, asked or started by others. */
const LEFT_OUT =
  `entrypoint command container_name scale depends_on healthcheck ports expose hostname
  mac_address networks restart logging tty stdin_open`.split(/\s+/)

function commandService(definition: ComposeService, { argv }: Command): ComposeService {
  const { networks } = definition
  return {
    ...omit(definition, LEFT_OUT),
    // The whole of it is the entrypoint: so the image's own command does not follow.
    entrypoint: [...argv],
    restart: 'no',
    healthcheck: { disable: true },
    logging: { driver: 'json-file', options: { 'max-size': '5m', 'max-file': '2' } },
    // On the same networks, and under no name of the service.
    ...(networks === undefined
      ? {}
      : { networks: Object.fromEntries(Object.keys(networks).map((key) => [key, {}])) }),
  }
}

function refuseService(
  { service, path }: Command,
  services: readonly RenderedService[],
  context: RenderContext,
): void {
  const known = services.map(({ name }) => name)
  const isKnown = context.model.services[service] !== undefined
  const list = `the release has: ${known.join(', ')}`
  const why = !isKnown
    ? `compose has no service ${service}${didYouMean(service, known)}`
    : isAccessory(context, service)
      ? `${service} is an accessory, which no release brings: what runs here comes from the new image`
      : `${service} has no replica`
  refuse(context.findings, { in: 'belay', path, text: why, hint: `Name one of its own; ${list}.` })
}
