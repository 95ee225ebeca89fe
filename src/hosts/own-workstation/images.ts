import { PassThrough } from 'node:stream'
import type { ImageFacts, OnProgress } from '../host.ts'
import { killGroup, startProcess } from '../process.ts'
import { readImageFacts } from '../wire/image-facts.ts'
import { imageSaveFailed, localPullFailed } from './failures.ts'
import { buildEnvironment, dockerEnvironment, type Machine, runHere } from './machine.ts'

const INSPECT = ['docker', 'image', 'inspect', '--format', '{{json .}}']
const INSPECT_MS = 30_000
const PULL_MS = 30 * 60_000
const EVIDENCE_LINES = 10

/** One question for all; only where one is missing, one for each. */
export async function imageFacts(
  machine: Machine,
  references: readonly string[],
): Promise<Record<string, ImageFacts | null>> {
  if (references.length === 0) return {}
  const all = await look(machine, [...INSPECT, '--', ...references])
  const lines = all.stdout.split('\n').filter((line) => line !== '')
  if (all.code === 0 && lines.length === references.length) {
    const facts = lines.map((line) => readImageFacts(JSON.parse(line)))
    return Object.fromEntries(references.map((reference, index) => [reference, facts[index]!]))
  }
  // Of one, that was the answer.
  if (references.length === 1) return { [references[0]!]: null }
  const each = references.map(async (reference) => {
    const { code, stdout } = await look(machine, [...INSPECT, '--', reference])
    return [reference, code === 0 ? readImageFacts(JSON.parse(stdout)) : null] as const
  })
  return Object.fromEntries(await Promise.all(each))
}

/** Why no Docker answers here, in its client's own last words. */
export async function whyNoDocker(machine: Machine): Promise<string | undefined> {
  const { code, stderr } = await look(machine, ['docker', 'version', '--format', '{{.Server.Os}}'])
  if (code === 0) return undefined
  if (code === 127) return 'there is no docker command'
  const said = stderr.trim().split('\n').at(-1) ?? ''
  return said === '' ? 'no Docker daemon answers' : said
}

export async function pullImage(
  machine: Machine,
  reference: string,
  onProgress?: OnProgress,
): Promise<void> {
  const ended = await runHere(machine, ['docker', 'pull', '--', reference], {
    what: `pulling ${reference}`,
    env: buildEnvironment(machine.env),
    timeoutMs: PULL_MS,
    ...(onProgress === undefined ? {} : { onLine: onProgress }),
  })
  if (ended.code === 0) return
  const evidence = ended.stderr.trim().split('\n').slice(-EVIDENCE_LINES)
  throw localPullFailed({ image: reference }, { evidence })
}

/** Fails as a stream does: by its `error`, which is then an expected failure. */
export function saveImages(machine: Machine, references: readonly string[]): NodeJS.ReadableStream {
  const archive = new PassThrough()
  const argv = ['docker', 'save', '--', ...references]
  const child = startProcess(argv, { env: dockerEnvironment(machine.env) })
  let said = ''
  let isOver = false
  child.stderr!.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-4000)
  })
  const fail = (): void => {
    const evidence = said.trim().split('\n').slice(-EVIDENCE_LINES)
    archive.destroy(imageSaveFailed({ images: references }, { evidence }))
  }
  child.once('error', fail)
  child.once('close', (code) => {
    isOver = true
    if (code === 0) archive.end()
    else fail()
  })
  child.stdout!.pipe(archive, { end: false })
  archive.once('close', () => {
    if (!isOver) killGroup(child, 'SIGTERM')
  })
  return archive
}

function look(machine: Machine, argv: readonly string[]) {
  const env = dockerEnvironment(machine.env)
  return runHere(machine, argv, { what: 'looking at Docker here', env, timeoutMs: INSPECT_MS })
}
