import { must } from '../../lab/command.ts'
import type { Server } from '../../lab/server.ts'
import { APP_IMAGES } from '../stand.ts'

/** A version of the app that all tools deploy; its answers carry the name. */
export type Release = {
  readonly name: string
  /** When it answers: as soon as Node runs, 5 s later, or never. It is no process that ends. */
  readonly start: 'at once' | 'slowly' | 'never'
}

/** Where what is true of one server lies: a release that is named there does not start on it. */
const PLACE = '/srv/place'
const DELAY_MS = { 'at once': 0, slowly: 5000, never: 3_600_000 } as const
const START = 'if [ -e "/place/ill-$VERSION" ]; then exec sleep 3600; fi; exec node server.js'

export const PORT = 8000
export const HEALTH = '/health'
export const APP = 'shop'

/** What is run, in words that every tool has. */
export function partsOf({ name, start }: Release) {
  return {
    image: APP_IMAGES[0] ?? '',
    command: ['sh', '-c', START],
    environment: { VERSION: name, START_DELAY_MS: String(DELAY_MS[start]) },
    volumes: [`${PLACE}:/place:ro`],
  }
}

/** The same as the one service of a compose file, in JSON, which is YAML too. */
export function composeFile(
  release: Release,
  more: { readonly web?: object; readonly services?: object } = {},
): string {
  const { command, ...parts } = partsOf(release)
  // A `$` that compose must leave to the shell is written twice.
  const escaped = command.map((word) => word.replaceAll('$', '$$$$'))
  const web = { ...parts, command: escaped, restart: 'unless-stopped', ...more.web }
  return JSON.stringify({ name: APP, services: { web, ...more.services } }, null, 2)
}

/** On this server the release will never answer, whoever deploys it. */
export async function makeIll(server: Server, name: string): Promise<void> {
  await server.sh(`mkdir -p ${PLACE} && touch ${PLACE}/ill-${name}`)
}

export async function forgetIll(servers: readonly Server[]): Promise<void> {
  for (const { container } of servers) {
    await must(['docker', 'exec', container, 'rm', '-rf', PLACE])
    await must(['docker', 'exec', container, 'mkdir', '-p', PLACE])
  }
}
