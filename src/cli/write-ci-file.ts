import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { lineDiff } from '../base/line-diff.ts'
import { readOutline } from '../config/pipeline/outline.ts'
import { type CiFile, ciSystemOf, draftCiFile, repositoryOf } from '../operations/ci/ci-file.ts'
import type { CiSystem } from '../triggers/ci/ci-system.ts'
import { ciFileDiffers } from '../triggers/failures.ts'
import { notAgreed } from './failures.ts'
import { configFiles } from './machine/config-files.ts'
import type { Session } from './session.ts'

export interface CiWish {
  readonly system: string
  readonly after: string | undefined
  readonly file: string | undefined
  readonly force: boolean
  readonly dryRun: boolean
}

export interface CiReport {
  readonly system: string
  readonly title: string
  readonly file: string
  readonly state: 'written' | 'unchanged' | 'not-written'
  /** Lines with `-` and `+`; none for a new file. */
  readonly diff: readonly string[]
  readonly next: readonly string[]
}

/** Writes the CI system's file. One that is there and differs is shown, and asked about. */
export async function writeCiFile(session: Session, wish: CiWish): Promise<CiReport> {
  const system = ciSystemOf(wish.system)
  const { directory, globals } = session
  const outline = readOutline({
    directory,
    files: configFiles,
    ...(globals.config === undefined ? {} : { file: globals.config }),
  })
  const world = await session.openWorld({ servers: false })
  const repository = await repositoryOf(world, directory)
  const read = (path: string): string | undefined => {
    const found = configFiles.read(join(repository.root, path))
    return found.kind === 'text' ? found.text : undefined
  }
  const after = wish.after ?? (await askAfter(session, { system, read, repository }))
  const drafted = await draftCiFile(world, {
    system,
    outline,
    repository,
    read,
    version: session.around.version,
    names: configFiles.names(outline.directory),
    ...(after === undefined ? {} : { after }),
    ...(wish.file === undefined ? {} : { file: wish.file }),
  })
  const root = repository.root
  return settle(session, { drafted, wish, root, title: system.title })
}

async function settle(
  session: Session,
  about: { drafted: CiFile; wish: CiWish; root: string; title: string },
): Promise<CiReport> {
  const { drafted, wish, root, title } = about
  const { file, text, before, next } = drafted
  const diff = before === undefined ? [] : lineDiff(before, text)
  const report = { system: wish.system, title, file, diff, next }
  if (before === text) return { ...report, state: 'unchanged' }
  if (wish.dryRun) return { ...report, state: 'not-written', diff: lineDiff(before ?? '', text) }
  if (before !== undefined && !wish.force) await mustAgree(session, drafted, diff)
  const path = resolve(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return { ...report, state: 'written' }
}

async function mustAgree(
  { consent, globals, prompt, reporter }: Session,
  { file, isOurs }: CiFile,
  diff: readonly string[],
): Promise<void> {
  if (prompt === undefined && !globals.yes)
    throw ciFileDiffers({ file, isOurs }, { evidence: diff })
  for (const line of diff) reporter.remark(line)
  const whose = isOurs ? '' : ', which something else wrote'
  const question = {
    command: 'ci init',
    what: 'writes over a file',
    ask: `Write over ${file}${whose}?`,
  }
  if (!(await consent.ask(question))) throw notAgreed({ command: 'ci init' })
}

/** GitHub keeps workflows apart, so that one that tests has to be named; only a person knows it. */
async function askAfter(
  { prompt, reporter }: Session,
  about: {
    system: CiSystem
    read: (path: string) => string | undefined
    repository: { readonly root: string }
  },
): Promise<string | undefined> {
  const { system, read, repository } = about
  const own = system.file({ read })
  if (system.kind !== 'github' || prompt === undefined || read(own) !== undefined) return undefined
  const folder = dirname(own)
  const names = configFiles.names(join(repository.root, folder)).flatMap((file) => {
    const [, name] =
      /^name:\s*["']?([^"'#\n]+?)["']?\s*$/m.exec(read(join(folder, file)) ?? '') ?? []
    return name === undefined ? [] : [name]
  })
  if (names.length === 0) return undefined
  const ask = 'Deploy only after which workflow has succeeded?'
  const answer = await reporter.aside(() => prompt.choose(ask, ['none', ...names]))
  return answer === 'none' ? '-' : answer
}

export function renderCi({ file, title, state, diff, next }: CiReport): string[] {
  const what = {
    written: `${file} is written, for ${title}.`,
    unchanged: `${file} is as it should be.`,
    'not-written': `${file} would be written:`,
  }[state]
  return [what, ...(state === 'not-written' ? diff : []), '', ...next]
}
