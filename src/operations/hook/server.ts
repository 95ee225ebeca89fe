import type { HostAddress } from '../../config/app-config.ts'
import type { Host, Scope } from '../../hosts/host.ts'
import script from '../../triggers/push/server.sh'
import type { World } from '../world.ts'
import { hookRepositoryOdd, hookServerFailed } from './failures.ts'

/** The repository on one server, and what can be done with it. */
export interface HookServer {
  readonly name: string
  readonly look: () => Promise<HookLook>
  /** Runs a verb of `triggers/push/server.sh`; resolves to what it printed. */
  readonly ask: (verb: string, words?: readonly string[], input?: Uint8Array) => Promise<string>
}

/** What is there. */
export interface HookLook {
  /** Absolute. */
  readonly repository: string
  readonly user: string
  readonly state: 'absent' | 'ours' | 'foreign'
  /** The text of `hook.json`. */
  readonly settings?: string
  readonly node?: { readonly path: string; readonly version: string }
  readonly oldNode?: string
  readonly programs: readonly string[]
  /** Keys that may push here and do nothing else. */
  readonly keys: number
  /** The permission bits of the file of values; absent where there is none. */
  readonly values?: string
  readonly isBusy: boolean
  /** The last ones, oldest first; `-` stands for one that has not ended. */
  readonly pushes: readonly { readonly log: string; readonly ended: string }[]
}

/** Opens the server for the time of `act`. */
export async function withHookServer<T>(
  world: World,
  of: { address: HostAddress; scope: Scope; repository: string },
  act: (server: HookServer) => Promise<T>,
): Promise<T> {
  const { address, scope, repository } = of
  if (!/^(~\/|\/)[A-Za-z0-9._/-]+$/.test(repository) || /\/\.\.?(\/|$)/.test(repository)) {
    throw hookRepositoryOdd({ repository })
  }
  const host = world.hostAt(address)
  try {
    world.tell({ type: 'progress', host: address.name, text: 'connecting' })
    await host.connect(scope, world.signal)
    return await act(serverOf(host, repository))
  } finally {
    await host.close()
  }
}

function serverOf(host: Host, repository: string): HookServer {
  const ask: HookServer['ask'] = async (verb, words = [], input) => {
    const argv = ['sh', '-c', script, 'belay', verb, repository, ...words]
    const { code, stdout, stderr } = await host.run(argv, input)
    if (code === 0) return stdout.trim()
    const evidence = stderr.trim().split('\n').slice(-10)
    throw hookServerFailed({ host: host.name, doing: `belay hook (${verb})` }, { evidence })
  }
  return { name: host.name, ask, look: async () => readLook(await ask('look')) }
}

/** Lines of a word and what belongs to it. */
export function readLook(text: string): HookLook {
  const lines = text.split('\n').map((line) => {
    const [key = '', ...rest] = line.split(' ')
    return { key, value: rest.join(' ') }
  })
  const all = (key: string): readonly string[] =>
    lines.filter((line) => line.key === key).map(({ value }) => value)
  const one = (key: string): string | undefined => all(key)[0]
  const [path, version] = one('node')?.split(' ') ?? []
  const state = one('state')
  const [settings, oldNode, values] = [one('settings'), one('old-node'), one('values')]
  return {
    repository: one('repository') ?? '',
    user: one('user') ?? '',
    state: state === 'ours' || state === 'foreign' ? state : 'absent',
    programs: ['git', 'flock'].filter((name) => one(name) !== undefined),
    keys: Number(one('keys') ?? 0),
    isBusy: one('busy') === 'yes',
    pushes: all('push').map((push) => {
      const [log = '', ended = '-'] = push.split(' ')
      return { log, ended }
    }),
    ...(path === undefined || version === undefined ? {} : { node: { path, version } }),
    ...(settings === undefined ? {} : { settings }),
    ...(oldNode === undefined ? {} : { oldNode: oldNode.split(' ').at(-1)! }),
    ...(values === undefined ? {} : { values }),
  }
}
