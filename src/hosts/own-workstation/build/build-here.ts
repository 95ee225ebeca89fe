import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildFailed, buildxMissing } from '../../building/failures.ts'
import { buildxFeatures } from '../../building/features.ts'
import { type BuildTrouble, troubleIn } from '../../building/trouble.ts'
import type { Environment } from '../../process.ts'
import type { BuildRequest } from '../../workstation.ts'
import { callEnvironment, composeArgv, whyNoCompose } from '../compose/call.ts'
import { dockerMissingHere } from '../failures.ts'
import { buildEnvironment, composeEnvironment, type Machine, runHere } from '../machine.ts'
import { buildFolder, placed } from './place.ts'

const BUILD_MS = 60 * 60_000
const VERSION_MS = 30_000
const EVIDENCE_LINES = 30
const WHERE = 'this machine'

/** Builds, each image under the name that was chosen for it. */
export async function buildHere(machine: Machine, request: BuildRequest): Promise<void> {
  const { services } = request
  const env = await builderEnvironment(machine, request)
  const folder = await buildFolder()
  try {
    const { last, ended } = await run(machine, request, { env, folder: folder.path })
    if (ended.code === 0) return
    const reason = whyNoCompose(ended)
    const wanted = `build ${services.join(', ')}`
    if (reason !== undefined) throw dockerMissingHere({ wanted, reason })
    const isFromCommit = request.commits.size > 0
    const trouble: BuildTrouble =
      ended.how === 'timeout' ? 'late' : troubleIn(last, { isFromCommit })
    throw buildFailed({ services, where: WHERE, trouble }, { evidence: last })
  } finally {
    await folder.remove()
  }
}

async function run(
  machine: Machine,
  request: BuildRequest,
  { env, folder }: { env: Environment; folder: string },
) {
  const { project, services, onProgress } = request
  const file = join(folder, 'build.json')
  const model = await placed(machine, request, folder)
  await writeFile(file, JSON.stringify(model), { mode: 0o600 })
  const last: string[] = []
  const argv = composeArgv({ files: [file], profiles: [], project })
  const ended = await runHere(machine, [...argv, 'build', ...services], {
    what: `building ${services.join(', ')}`,
    env,
    directory: folder,
    timeoutMs: BUILD_MS,
    onLine: (line) => {
      if (last.push(line) > EVIDENCE_LINES) last.shift()
      onProgress(line)
    },
  })
  return { last, ended }
}

/** Without buildx compose is told to use the builder of old: newer ones refuse to begin else. */
async function builderEnvironment(machine: Machine, request: BuildRequest): Promise<Environment> {
  const env = callEnvironment(request, {
    ...composeEnvironment(machine.env),
    ...buildEnvironment(machine.env),
  })
  const asked = await runHere(machine, ['docker', 'buildx', 'version'], {
    what: 'looking for buildx',
    env: buildEnvironment(machine.env),
    timeoutMs: VERSION_MS,
  })
  if (asked.code === 0 || whyNoCompose(asked) === 'there is no docker command') return env
  const { services, model } = request
  const wanted = buildxFeatures(model, services)
  if (wanted.length > 0) throw buildxMissing({ services, where: WHERE, wanted })
  return { ...env, DOCKER_BUILDKIT: '0' }
}
