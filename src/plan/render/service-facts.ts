import { parseDuration } from '../../base/duration.ts'
import type { ComposeHealthcheck, ComposeService } from '../compose-model.ts'

/** Docker's own, where nothing else is said. */
const HEALTH_TIMEOUT_MS = 30_000
const STOP_GRACE_SECONDS = 10

/** The healthcheck as one argv: the compose file's, else the image's. */
export function healthCommandOf(
  healthcheck: ComposeHealthcheck | undefined,
  image: readonly string[] | undefined,
): readonly string[] | undefined {
  if (healthcheck?.disable === true) return undefined
  return argvOf(healthcheck?.test) ?? (isNone(healthcheck?.test) ? undefined : argvOf(image))
}

function isNone(test: readonly string[] | undefined): boolean {
  return test?.[0] === 'NONE'
}

function argvOf(test: readonly string[] | undefined): readonly string[] | undefined {
  if (test === undefined || test.length === 0 || isNone(test)) return undefined
  const [kind, ...words] = test
  if (kind === 'CMD') return words
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : test
}

export function healthTimeoutOf(healthcheck: ComposeHealthcheck | undefined): number {
  const timeout = parseDuration(healthcheck?.timeout ?? '')
  return timeout === undefined || timeout === 0 ? HEALTH_TIMEOUT_MS : timeout
}

export function stopGraceOf({ stop_grace_period }: ComposeService): number {
  const grace = parseDuration(stop_grace_period ?? '')
  return grace === undefined ? STOP_GRACE_SECONDS : Math.ceil(grace / 1000)
}

/** The memory limit of one replica. */
export function memoryBytesOf(service: ComposeService): number | undefined {
  const limit = service.deploy?.resources?.limits?.memory ?? service.mem_limit
  const bytes = Number(limit)
  return limit === undefined || !Number.isFinite(bytes) || bytes <= 0 ? undefined : bytes
}
