import type { AppConfig } from '../../config/app-config.ts'
import type { Host } from '../../hosts/host.ts'
import { readSetupLook } from './look.ts'
import { planSetup } from './plan-setup.ts'
import script from './server.sh'
import type { SetupStep } from './setup-step.ts'

/** What is still to be done on a server that Belay can use already, as the doctor tells it. */
export interface SetupFinding {
  readonly level: 'ok' | 'warning'
  readonly about: string
  readonly what: string
  readonly fix: string
}

/** Each thing that `belay host setup` would see to, looked at by the user who deploys. */
export async function examineSetup(
  host: Pick<Host, 'run'>,
  { setup }: Pick<AppConfig, 'setup'>,
): Promise<readonly SetupFinding[]> {
  const folders = setup.folders.flatMap(({ owner, path }) => [owner, path])
  const argv = ['sh', '-c', script, 'belay', 'look', '', '', ...folders]
  const { code, stdout } = await host.run(argv)
  const look = readSetupLook(stdout)
  if (code !== 0 || look.user === 'unknown') return []
  const { ufw } = look
  // Only root is told what a firewall lets in.
  const isSeen = ufw === undefined || ufw.status !== ''
  const firewall = isSeen && look.sshPorts.length > 0 ? setup.firewall : []
  const wish = { deployUser: undefined, key: undefined, folders: setup.folders, firewall }
  // Docker and Compose themselves are examined by whoever talks to them.
  return planSetup(look, wish)
    .filter(({ about }) => about !== 'docker' && about !== 'compose')
    .map(findingOf)
}

function findingOf({ state, about, what, because }: SetupStep): SetupFinding {
  if (state === 'there') return { level: 'ok', about, what, fix: '' }
  if (state !== 'do') return { level: 'warning', about, what, fix: because }
  const fix = `belay host setup does it: ${because}.`
  return { level: 'warning', about, what: `still to do: ${what}`, fix }
}
