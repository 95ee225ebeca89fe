import * as z from 'zod/mini'
import type { ObservedContainer } from '../../plan/observed.ts'

const label = z.nullish(z.string())

const Ports = z.nullable(
  z.record(z.string(), z.nullable(z.array(z.object({ HostPort: z.string() })))),
)

/** One line of the section `@containers`. */
const ContainerLine = z.object({
  id: z.string(),
  name: z.string(),
  project: label,
  service: label,
  workdir: label,
  release: label,
  app: label,
  environment: label,
  state: z.string(),
  exit: z.number(),
  health: z.string(),
  restarts: z.number(),
  policy: z.string(),
  image: z.string(),
  started: z.string(),
  ports: Ports,
})

export function readContainer(line: string): ObservedContainer {
  const it = ContainerLine.parse(JSON.parse(line))
  return {
    id: it.id,
    name: it.name,
    project: it.project ?? '',
    service: it.service ?? '',
    ...labelled('release', it.release),
    ...labelled('app', it.app),
    ...labelled('environment', it.environment),
    ...labelled('workingDirectory', it.workdir),
    state: it.state,
    health: readHealth(it.health),
    exitCode: it.exit,
    restartCount: it.restarts,
    restartPolicy: it.policy === '' ? 'no' : it.policy,
    imageId: it.image,
    startedAt: it.started,
    publishedPorts: publishedPorts(it.ports),
  }
}

/** Docker gives an empty text for a label that is not there. */
function labelled<Key extends string>(
  key: Key,
  label: string | null | undefined,
): { readonly [key in Key]?: string } {
  return (label ?? '') === '' ? {} : ({ [key]: label } as { readonly [key in Key]: string })
}

/** Docker's word; whatever is neither of its three means that there is no healthcheck. */
export function readHealth(word: string): ObservedContainer['health'] {
  return word === 'starting' || word === 'healthy' || word === 'unhealthy' ? word : 'none'
}

/** Once each: Docker lists a port for IPv4 and IPv6. */
function publishedPorts(ports: z.infer<typeof Ports>): readonly number[] {
  const numbers = Object.values(ports ?? {}).flatMap((at) => (at ?? []).map((it) => +it.HostPort))
  return [...new Set(numbers)].sort((a, b) => a - b)
}
