import type { AppConfig } from '../../config/app-config.ts'
import type { ComposeWritten } from '../../hosts/workstation.ts'
import type { World } from '../world.ts'
import { plainWords } from './plain-words.ts'

/**
 * Reads the compose files as they are written. From here on, what compose takes from its caller is
 * printed nowhere; so a command that may print what an app says begins with this.
 */
export async function readWritten(world: World, config: AppConfig): Promise<ComposeWritten> {
  const written = await world.workstation.composeWritten(composeRequest(config))
  const plain = plainWords(config)
  for (const value of written.secrets) if (!plain.has(value)) world.secrets.add(value)
  return written
}

/** What compose is told on every call: files, profiles, and the environment's values. */
export function composeRequest({ directory, compose, env }: AppConfig) {
  const { files, profiles, envFile } = compose
  const values = env.values
  return { directory, files, profiles, values, ...(envFile === undefined ? {} : { envFile }) }
}
