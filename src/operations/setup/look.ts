/** What `server.sh look` saw. What could not be seen is absent. */
export interface SetupLook {
  readonly user: string
  readonly root: 'yes' | 'sudo' | 'no'
  readonly system: { readonly id: string; readonly version: string; readonly name: string }
  readonly hasApt: boolean
  readonly hasSystemd: boolean
  /** The daemon's version. */
  readonly docker?: string
  readonly hasDockerCli: boolean
  readonly compose?: string
  /** Containers that run. */
  readonly running?: number
  /** As systemd says whether Docker starts with the server. */
  readonly boot?: string
  readonly packages: Readonly<Record<string, string>>
  readonly listsFailed: boolean
  readonly deployUser?: {
    readonly inDocker: boolean
    /** `some`: keys are there, and no certain one was asked for. */
    readonly key: 'yes' | 'some' | 'no'
  }
  readonly folders: readonly FolderLook[]
  /** The text of Docker's settings; empty where there are none. */
  readonly daemonJson: string
  /** The same as it came, to be given back. */
  readonly daemonBase64: string
  readonly sshPorts: readonly number[]
  readonly ufw?: { readonly status: string; readonly ports: readonly number[] }
  /** A firewall that is somebody else's. */
  readonly foreignFirewall?: string
}

export interface FolderLook {
  readonly path: string
  readonly state: 'absent' | 'empty' | 'full' | 'file'
  /** `uid:gid:user:group` */
  readonly owner: string
}

/** Lines of a word and what belongs to it. */
export function readSetupLook(text: string): SetupLook {
  const lines = text.split('\n').map((line) => {
    const [key = '', ...rest] = line.split(' ')
    return { key, value: rest.join(' ').trim() }
  })
  const all = (key: string) => lines.filter((line) => line.key === key).map(({ value }) => value)
  const one = (key: string) => all(key).find((value) => value !== '')
  const [id = 'unknown', version = '', ...name] = (one('system') ?? '').split(' ')
  const root = one('root')
  const daemonBase64 = one('daemon-json') ?? ''
  const [docker, compose, boot, foreignFirewall] = [
    one('docker'),
    one('compose'),
    one('boot'),
    one('foreign'),
  ]
  const running = one('running')
  return {
    user: one('user') ?? 'unknown',
    root: root === 'yes' || root === 'sudo' ? root : 'no',
    system: { id, version, name: name.join(' ') || `${id} ${version}` },
    hasApt: one('apt') === 'yes',
    hasSystemd: one('systemd') === 'yes',
    hasDockerCli: one('docker-cli') === 'yes',
    packages: Object.fromEntries(all('package').map(wordAndRest)),
    listsFailed: one('lists') === 'failed',
    folders: all('folder').map(folderIn),
    daemonBase64,
    daemonJson: Buffer.from(daemonBase64, 'base64').toString('utf8'),
    sshPorts: [...new Set(all('ssh-port').map(Number))],
    ...(docker === undefined ? {} : { docker }),
    ...(compose === undefined ? {} : { compose }),
    ...(running === undefined ? {} : { running: Number(running) }),
    ...(boot === undefined ? {} : { boot }),
    ...(foreignFirewall === undefined ? {} : { foreignFirewall }),
    ...(one('deploy-user') === undefined
      ? {}
      : { deployUser: { inDocker: one('in-docker') === 'yes', key: keyIn(one('key')) } }),
    ...(one('ufw') === undefined
      ? {}
      : { ufw: { status: one('ufw-status') ?? '', ports: all('ufw-port').map(Number) } }),
  }
}

function keyIn(word: string | undefined): 'yes' | 'some' | 'no' {
  return word === 'yes' || word === 'some' ? word : 'no'
}

function wordAndRest(value: string): [string, string] {
  const [word = '', ...rest] = value.split(' ')
  return [word, rest.join(' ')]
}

function folderIn(value: string): FolderLook {
  const [owner = '', state = '', ...path] = value.split(' ')
  const known = ['absent', 'empty', 'full', 'file'] as const
  return { owner, path: path.join(' '), state: known.find((each) => each === state) ?? 'file' }
}
