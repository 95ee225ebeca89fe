import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { environmentIn, readOutline } from '../config/pipeline/outline.ts'
import { repositoryOf } from '../operations/ci/ci-file.ts'
import { hookKeyInvalid, hookUnbuilt } from '../operations/hook/failures.ts'
import { type HookInstall, type HookTarget, installHook } from '../operations/hook/install.ts'
import type { HookReport } from '../operations/hook/install.ts'
import { configFiles } from './machine/config-files.ts'
import type { Session } from './session.ts'

/** The environment that was named, and where its repository lies; none of its values is needed. */
export function openHookTarget(
  { directory, globals, around }: Session,
  { word, repository }: { word: string | undefined; repository: string | undefined },
): HookTarget {
  const outline = readOutline({
    directory,
    files: configFiles,
    variables: around.env,
    ...(globals.config === undefined ? {} : { file: globals.config }),
  })
  const environment = environmentIn(outline, word)
  return { outline, environment, ...(repository === undefined ? {} : { repository }) }
}

/** Installs what this very process is: the file that runs goes to the server. */
export async function installFromHere(
  session: Session,
  target: HookTarget,
  wish: { readonly key: string | undefined; readonly dryRun: boolean },
): Promise<HookReport> {
  const { around } = session
  if (around.version === 'unbuilt') throw hookUnbuilt({})
  const key = wish.key === undefined ? undefined : publicKey(resolve(session.directory, wish.key))
  const world = await session.openWorld()
  const { prefix } = await repositoryOf(world, target.outline.directory)
  const request: HookInstall = {
    ...target,
    folder: prefix.replace(/\/$/, ''),
    file: basename(target.outline.file),
    program: wholeProgram(around.program),
    version: around.version,
    dryRun: wish.dryRun,
    ...(key === undefined ? {} : { key }),
  }
  return installHook(world, request)
}

/** All of this program in one file; a server that got it by a hook has nothing else. */
function wholeProgram(program: string): Uint8Array {
  const beside = join(dirname(realpathSync(program)), 'program.js')
  return readFileSync(existsSync(beside) ? beside : program)
}

const PUBLIC_KEY =
  /^(ssh-[a-z0-9-]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com) [A-Za-z0-9+/]+=*( [^\n]*)?$/

function publicKey(file: string): string {
  const found = configFiles.read(file)
  if (found.kind === 'missing') throw hookKeyInvalid({ file, reason: 'there is no such file' })
  if (found.kind === 'unreadable') throw hookKeyInvalid({ file, reason: found.reason })
  const text = found.text.trim()
  if (/PRIVATE KEY/.test(text)) throw hookKeyInvalid({ file, reason: 'it is a PRIVATE key' })
  if (!PUBLIC_KEY.test(text)) throw hookKeyInvalid({ file, reason: 'it is not one line of a key' })
  return text
}
