import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseEnvFile } from '../../config/env-file.ts'
import {
  environmentIn,
  type EnvironmentOutline,
  readOutline,
} from '../../config/pipeline/outline.ts'
import { type Checkout, checkOut, ignoreHere, isTracked } from '../../hosts/pushes/checkout.ts'
import { tipOf } from '../../hosts/pushes/checkout.ts'
import { ownEnvironment } from '../../hosts/pushes/detach.ts'
import { takeLock } from '../../hosts/pushes/lock.ts'
import { type Environment, runAtTerminal } from '../../hosts/process.ts'
import { type InstalledHook, writeInstalled } from '../../triggers/push/installed.ts'
import { openHook, type OpenedHook, type Receiving } from './receive.ts'
import {
  pushMoved,
  pushValuesMissing,
  pushValuesUnreadable,
  pushWithoutConfig,
} from './failures.ts'

export interface PushedCommit extends Omit<Receiving, 'lines'> {
  readonly commit: string
}

/** As long as somebody else's run may take before this one gives up. */
const WAIT = '1h'
const LOG_DAYS = 30

/** Deploys one pushed commit, in its turn; resolves to the exit code of the deployment. */
export async function deployPushed(pushed: PushedCommit): Promise<number> {
  const opened = openHook(pushed)
  const { hook, places } = opened
  const env = ownEnvironment(pushed.env)
  tidyLogs(places.logs)
  const onBusy = (): void => pushed.out('Another push is being deployed; this one waits.\n')
  const lock = await takeLock(places.lock, { env, onBusy })
  try {
    const checkout = { repository: pushed.repository, folder: places.checkout, env }
    const tip = await tipOf(checkout, hook.branch)
    if (tip !== pushed.commit) {
      const newer = tip === undefined ? 'the branch is gone' : `${tip.slice(0, 8)} was pushed since`
      pushed.out(`Not deployed: ${newer}, and takes the place of ${pushed.commit.slice(0, 8)}.\n`)
      return 0
    }
    await checkOut(checkout, { branch: hook.branch, commit: pushed.commit })
    return await deployCheckout(pushed, { opened, checkout })
  } finally {
    lock.release()
  }
}

async function deployCheckout(
  pushed: PushedCommit,
  { opened, checkout }: { opened: OpenedHook; checkout: Checkout },
): Promise<number> {
  const { hook, places } = opened
  const directory = join(checkout.folder, hook.folder)
  const environment = outlineIn(directory, { hook, pushed })
  if (environment.busy !== hook.busy) {
    writeFileSync(places.settings, writeInstalled({ ...hook, busy: environment.busy }))
  }
  const values = valuesIn(places.values, pushed)
  await linkValues({ opened, checkout, environment, hasValues: values !== undefined })
  if (values === undefined && [...environment.required, ...environment.variables].length > 0) {
    pushed.out(`There is no ${places.values} on this server: values are missing.\n`)
  }
  const config = /^belay\.ya?ml$/.test(hook.file) ? [] : ['--config', hook.file]
  const flags = ['--yes', '--wait', WAIT, '-C', directory, ...config]
  const argv = [places.node, places.program, 'deploy', hook.environment, ...flags]
  const env: Environment = { ...checkout.env, ...values, CI: 'true', BELAY_LOCAL: hook.host }
  return runAtTerminal(argv, { env, directory })
}

/** What the pushed `belay.yaml` says of this server; it must still be the one that was installed. */
function outlineIn(
  directory: string,
  { hook, pushed }: { hook: InstalledHook; pushed: PushedCommit },
): EnvironmentOutline {
  const { files, commit, env } = pushed
  if (!files.names(directory).includes(hook.file)) {
    throw pushWithoutConfig({ commit: commit.slice(0, 8), file: join(hook.folder, hook.file) })
  }
  const outline = readOutline({ directory, file: hook.file, files, variables: env })
  const environment = environmentIn(outline, hook.environment)
  const { branch, hosts } = environment
  const moved = [
    ...(outline.app === hook.app ? [] : [`the app is ${outline.app}`]),
    ...(branch === hook.branch ? [] : [`the branch is ${branch ?? 'none'}`]),
    ...(hosts.join() === hook.host ? [] : [`the servers are ${hosts.join(', ')}`]),
  ]
  if (moved.length > 0) throw pushMoved({ environment: hook.environment, moved })
  return environment
}

/** The server's own file: it fills the env file of the app, and `${NAME}` in `belay.yaml`. */
function valuesIn(
  file: string,
  { files }: PushedCommit,
): Readonly<Record<string, string>> | undefined {
  const found = files.read(file)
  if (found.kind === 'missing') return undefined
  const parsed =
    found.kind === 'text'
      ? parseEnvFile(found.text)
      : ({ ok: false, line: 1, reason: found.reason } as const)
  if (!parsed.ok) throw pushValuesUnreadable({ file, line: parsed.line, reason: parsed.reason })
  return parsed.values
}

/** Lays the server's values where `belay.yaml` looks for the env file, unless git has one there. */
async function linkValues(of: {
  opened: OpenedHook
  checkout: Checkout
  environment: EnvironmentOutline
  hasValues: boolean
}): Promise<void> {
  const { checkout, environment, hasValues } = of
  const { hook, places } = of.opened
  const beside = join(dirname(environment.composeFiles[0] ?? ''), '.env')
  const path = join(hook.folder, environment.envFile ?? beside)
  if (path.startsWith('/') || path.startsWith('..') || (await isTracked(checkout, path))) return
  const link = join(checkout.folder, path)
  const isOurs = (await readlink(link).catch(() => undefined)) === places.values
  if (isOurs && !hasValues) rmSync(link)
  if (hasValues && !isOurs && !isThere(link)) {
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(places.values, link)
    await ignoreHere(checkout, path)
  }
  const isNeeded = environment.envFile !== undefined
  if (isNeeded && !isThere(link)) throw pushValuesMissing({ file: places.values })
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function tidyLogs(folder: string): void {
  const oldest = Date.now() - LOG_DAYS * 24 * 3600 * 1000
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if ((statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? oldest) < oldest) rmSync(file)
  }
}
