import { resolve } from 'node:path'
import type { ComposeModel } from '../../../plan/compose-model.ts'
import type { RunResult } from '../../host.ts'
import type { ComposeConfigRequest } from '../../workstation.ts'
import { composeInvalid, composeTooSlow, dockerMissingHere } from '../failures.ts'
import { composeEnvironment, type Machine, runHere } from '../machine.ts'
import { callEnvironment, composeArgv, whyNoCompose } from './call.ts'
import { gatherFiles, type Gathered, overlookedIn } from './gather.ts'
import { packFor } from './parcel.ts'
import { readComposeWords } from './words.ts'

const WANTED = 'read the compose file'
const CONFIG_MS = 60_000
/** As `timeout` says it. */
const TOO_LONG = 124
const EVIDENCE_LINES = 30
/** How often a file that compose asks for is sent after the others. */
const SECOND_PARCELS_MAX = 3

/**
 * The canonical model of the user's files, by compose itself: it does not need the daemon. Where
 * there is no compose here, by the one of a host.
 */
export async function composeConfig(
  machine: Machine,
  request: ComposeConfigRequest,
): Promise<ComposeModel> {
  const ended = await readHere(machine, request)
  const reason = whyNoCompose(ended)
  if (reason === undefined) {
    if (ended.code === 0) return modelIn(request, ended)
    throw invalid(request, ended, await gatherFiles(machine, request))
  }
  if (request.elsewhere === undefined) throw dockerMissingHere({ wanted: WANTED, reason })
  return readElsewhere(machine, request, request.elsewhere)
}

function readHere(machine: Machine, request: ComposeConfigRequest): Promise<RunResult> {
  return runHere(machine, [...composeArgv(request), 'config', '--format', 'json'], {
    what: 'reading the compose file',
    env: callEnvironment(request, composeEnvironment(machine.env)),
    directory: request.directory,
    timeoutMs: CONFIG_MS,
  })
}

/** A file that was overlooked is named by compose itself, and sent after the others. */
async function readElsewhere(
  machine: Machine,
  request: ComposeConfigRequest,
  elsewhere: NonNullable<ComposeConfigRequest['elsewhere']>,
): Promise<ComposeModel> {
  const overlooked: string[] = []
  for (let parcels = 0; ; parcels++) {
    const gathered = await gatherFiles(machine, request, { raw: overlooked })
    const ended = await elsewhere(packFor(machine, request, gathered))
    if (ended.code === 0) return modelIn(request, ended)
    const why = whyNoCompose(ended)
    if (why !== undefined) {
      throw dockerMissingHere({
        wanted: WANTED,
        reason: `there is none here, and on the server: ${why}`,
      })
    }
    const more = await overlookedIn(ended.stderr, gathered, request.directory)
    if (more.length === 0 || parcels === SECOND_PARCELS_MAX) {
      throw invalid(request, ended, gathered)
    }
    overlooked.push(...more)
  }
}

function modelIn(request: ComposeConfigRequest, ended: RunResult): ComposeModel {
  for (const text of warningsIn(ended.stderr)) request.onWarning?.(text)
  const model: unknown = JSON.parse(ended.stdout)
  if (isModel(model)) return model
  throw new Error('docker compose config printed no services')
}

/** Compose's own log lines, like `level=warning msg="The \"TAG\" variable is not set. …"`. */
function warningsIn(stderr: string): string[] {
  return [...stderr.matchAll(/level=warning msg="((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
    // Go's escapes are not JSON's; only these two are met.
    quoted.replaceAll(/\\(["\\])/g, '$1'),
  )
}

function isModel(value: unknown): value is ComposeModel {
  return typeof value === 'object' && value !== null && 'services' in value
}

function invalid(
  request: ComposeConfigRequest,
  { code, stderr }: RunResult,
  gathered: Gathered,
): Error {
  if (code === TOO_LONG) return composeTooSlow({ seconds: CONFIG_MS / 1000 })
  const asked = new Set(request.files.map((file) => resolve(request.directory, file)))
  const compose = gathered.files.filter(({ kind }) => kind === 'compose')
  // Those that were asked for stand last, as they have the last word.
  const files = [
    ...compose.filter(({ path }) => !asked.has(path)),
    ...compose.filter(({ path }) => asked.has(path)),
  ]
  const { file, at, reason } = readComposeWords(stderr, files)
  const evidence = stderr.trim().split('\n').slice(0, EVIDENCE_LINES)
  const place = { file: file ?? request.files.join(', '), ...at }
  return composeInvalid({ ...place, reason }, { evidence })
}
