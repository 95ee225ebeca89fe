import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuildRequest, ComposeConfigRequest } from '../../workstation.ts'
import { buildFailed, dockerMissingHere } from '../failures.ts'
import { buildEnvironment, composeEnvironment, type Machine, runHere } from '../machine.ts'
import { callEnvironment, composeArgv, whyNoCompose } from './call.ts'

const BUILD_MS = 60 * 60_000
const EVIDENCE_LINES = 30

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
        env: callEnvironment(request, {
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
    const reason = whyNoCompose(ended)
    const wanted = `build ${services.join(', ')}`
    if (reason !== undefined) throw dockerMissingHere({ wanted, reason })
    throw buildFailed({ services }, { evidence: last })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
