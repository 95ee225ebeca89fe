import { EXIT } from '../../../base/exit.ts'
import { wordMissing } from '../../failures.ts'
import type { Session } from '../../session.ts'
import { defineCommand } from '../command.ts'

const STAGES = ['pre-receive', 'post-receive', 'deploy'] as const

export const hookReceive = defineCommand({
  name: 'hook receive',
  group: 'Operate',
  summary: "what git's hooks on the server call; not for people",
  details: ['Takes what git says on standard input, and deploys what belongs to the environment.'],
  arguments: [
    { name: 'stage', summary: STAGES.join(', '), required: true },
    { name: 'repository', summary: 'the bare repository', required: true },
    { name: 'commit', summary: 'for deploy', required: false },
    { name: 'log', summary: 'for deploy: its file, without the ending', required: false },
  ],
  flags: {},
  examples: [],
  changes: false,
  async run({ session, words }) {
    const [stage, repository, commit, log] = words
    if (repository === undefined || !STAGES.some((each) => each === stage)) {
      throw wordMissing({ command: 'hook receive', what: `${STAGES.join(' or ')}, a repository` })
    }
    if (stage === 'deploy') return deploy(session, { repository, commit: commit ?? '', log })
    const { configFiles } = await import('../../machine/config-files.ts')
    const { afterPush, beforePush } = await import('../../../operations/hook/receive.ts')
    const receiving = {
      repository,
      lines: await textOf(session.around.stdin),
      env: session.around.env,
      files: configFiles,
      out: (text: string | Uint8Array) => void session.around.stdout.write(text),
    }
    const world = await session.openWorld()
    await (stage === 'pre-receive' ? beforePush(world, receiving) : afterPush(world, receiving))
    return EXIT.ok
  },
})

/** In a process of its own, whose end is told by a file: nobody may be there to hear of it. */
async function deploy(
  session: Session,
  of: { repository: string; commit: string; log: string | undefined },
): Promise<number> {
  const { around, reporter } = session
  const { configFiles } = await import('../../machine/config-files.ts')
  const { deployPushed } = await import('../../../operations/hook/deploy-push.ts')
  const { troubleOf } = await import('../../troubles.ts')
  const { writeFileSync } = await import('node:fs')
  const out = (text: string | Uint8Array): void => void around.stdout.write(text)
  const pushed = { ...of, env: around.env, files: configFiles, out }
  const code = await deployPushed(pushed).catch((error: unknown) => {
    const { event, exit } = troubleOf(error, around.version)
    reporter.tell(event)
    return exit
  })
  if (of.log !== undefined) writeFileSync(`${of.log}.exit`, `${code}\n`)
  return code
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
