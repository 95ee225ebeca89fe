import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { BuildRequest, ComposeConfigRequest } from '../workstation.ts'
import { readComposeWords } from './compose-words.ts'
import { buildFailed, composeInvalid, dockerMissingHere } from './failures.ts'
import { buildEnvironment, composeEnvironment, type Machine, runHere } from './machine.ts'

const CONFIG_MS = 60_000
const BUILD_MS = 60 * 60_000
const EVIDENCE_LINES = 30

/** The canonical model of the user's files, by compose itself: it does not need the daemon. */
export async function composeConfig(
  machine: Machine,
  request: ComposeConfigRequest,
): Promise<ComposeModel> {
  const argv = [...composeArgv(request), 'config', '--format', 'json']
  const ended = await runHere(machine, argv, {
    what: 'reading the compose file',
    env: environmentOf(request, composeEnvironment(machine.env)),
    directory: request.directory,
    timeoutMs: CONFIG_MS,
  })
  if (ended.code === 0) {
    for (const text of warningsIn(ended.stderr)) request.onWarning?.(text)
    return parseModel(ended.stdout)
  }
  refuseWithoutCompose(ended, 'read the compose file')
  throw await invalid(request, ended.stderr)
}

/** Builds, each image under the name that was chosen for it. */
export async function composeBuild(
  machine: Machine,
  request: ComposeConfigRequest & BuildRequest,
): Promise<void> {
  const { services, images, onProgress } = request
  const folder = await mkdtemp(join(tmpdir(), 'belay-build-'))
  const last: string[] = []
  try {
    const names = join(folder, 'names.json')
    const named = Object.entries(images).map(([service, image]) => [service, { image }] as const)
    await writeFile(names, JSON.stringify({ services: Object.fromEntries(named) }))
    const files = [...request.files, names]
    const ended = await runHere(
      machine,
      [...composeArgv({ ...request, files }), 'build', ...services],
      {
        what: `building ${services.join(', ')}`,
        env: environmentOf(request, {
          ...composeEnvironment(machine.env),
          ...buildEnvironment(machine.env),
        }),
        directory: request.directory,
        timeoutMs: BUILD_MS,
        onLine: (line) => {
          if (last.push(line) > EVIDENCE_LINES) last.shift()
          onProgress(line)
        },
      },
    )
    if (ended.code === 0) return
    refuseWithoutCompose(ended, `build ${services.join(', ')}`)
    throw buildFailed({ services }, { evidence: last })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Compose's own log lines, like `level=warning msg="The \"TAG\" variable is not set. …"`. */
function warningsIn(stderr: string): string[] {
  return [...stderr.matchAll(/level=warning msg="((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
    // Go's escapes are not JSON's; only these two are met.
    quoted.replaceAll(/\\(["\\])/g, '$1'),
  )
}

function composeArgv({
  files,
  profiles,
  project,
  envFile,
}: Pick<ComposeConfigRequest, 'files' | 'profiles' | 'project' | 'envFile'>): string[] {
  return [
    'docker',
    'compose',
    '--project-name',
    project,
    ...files.flatMap((file) => ['-f', file]),
    ...profiles.flatMap((profile) => ['--profile', profile]),
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
  ]
}

/** Values travel in the environment, never in argv, which everybody on this machine can read. */
function environmentOf(
  { values }: ComposeConfigRequest,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return { ...env, ...values, PATH: env['PATH'] }
}

function refuseWithoutCompose(ended: { code: number; stderr: string }, wanted: string): void {
  const { code, stderr } = ended
  if (code === 127) throw dockerMissingHere({ wanted, reason: 'there is no docker command' })
  if (/is not a docker command|unknown (shorthand )?flag|unknown docker command/.test(stderr)) {
    throw dockerMissingHere({ wanted, reason: 'docker compose (version 2) is missing' })
  }
  if (/Cannot connect to the Docker daemon|permission denied while trying/.test(stderr)) {
    const reason = stderr.trim().split('\n').at(-1) ?? ''
    throw dockerMissingHere({ wanted, reason })
  }
}

function parseModel(text: string): ComposeModel {
  const model: unknown = JSON.parse(text)
  if (isModel(model)) return model
  throw new Error('docker compose config printed no services')
}

function isModel(value: unknown): value is ComposeModel {
  return typeof value === 'object' && value !== null && 'services' in value
}

async function invalid(request: ComposeConfigRequest, stderr: string): Promise<Error> {
  const read = await Promise.all(
    request.files.map(async (file) => {
      const path = resolve(request.directory, file)
      return { path, text: await readFile(path, 'utf8').catch(() => '') }
    }),
  )
  const { file, at, reason } = readComposeWords(stderr, read)
  const evidence = stderr.trim().split('\n').slice(0, EVIDENCE_LINES)
  const place = { file: file ?? request.files.join(', '), ...at }
  return composeInvalid({ ...place, reason }, { evidence })
}
