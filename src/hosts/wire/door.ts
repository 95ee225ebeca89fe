import * as z from 'zod/mini'
import { linesOf, readSections } from './sections.ts'

/** Where the proxy's public listeners are on the host. */
export interface FrontDoor {
  readonly httpPort: number
  readonly httpsPort: number
}

const CADDY = 'belay-proxy-caddy-1'

const Published = z.nullish(z.array(z.object({ HostPort: z.string() })))
const Line = z.object({
  name: z.literal(CADDY),
  ports: z.object({ '80/tcp': Published, '443/tcp': Published }),
})

/** Asked of the running proxy: it knows which ports of the host are its own. */
export function readDoor(observed: readonly string[]): FrontDoor | undefined {
  const line = linesOf(readSections(observed), 'containers').find((it) => it.includes(CADDY))
  const read = line === undefined ? undefined : Line.safeParse(JSON.parse(line))
  if (read?.success !== true) return undefined
  const httpPort = Number(read.data.ports['80/tcp']?.[0]?.HostPort)
  const httpsPort = Number(read.data.ports['443/tcp']?.[0]?.HostPort)
  return httpPort > 0 && httpsPort > 0 ? { httpPort, httpsPort } : undefined
}
