import { spawn } from 'node:child_process'
import { type CommandOptions, command, must, type Outcome } from './command.ts'

/** What makes two copies of an image the same, whichever way a Docker names its images. */
const fingerprint = '{{.Created}} {{.RootFS.Layers}} {{.Config.Env}} {{.Config.Cmd}}'

export type ServerAddress = {
  readonly name: string
  readonly container: string
  readonly port: number
  readonly httpPort: number
}

/** One server of the lab. Everything here goes around SSH, so that tests look with other eyes. */
export class Server {
  readonly name: string
  /** The name in the lab's ssh_config; `-deploy` and `-plain` behind it are its other users. */
  readonly sshHost: string
  readonly container: string
  /** sshd, on 127.0.0.1 of this machine. */
  readonly port: number
  /** Port 80 of the server, on 127.0.0.1 of this machine. */
  readonly httpPort: number

  constructor({ name, container, port, httpPort }: ServerAddress) {
    this.name = name
    this.sshHost = name
    this.container = container
    this.port = port
    this.httpPort = httpPort
  }

  /** Where this machine reaches all of its ports. */
  address(): Promise<string> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
    return must(['docker', 'inspect', '--format', format, this.container]).then((it) => it.trim())
  }

  /** Runs a program on the server, as root. */
  exec(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return command(['docker', 'exec', '-i', this.container, ...argv], options)
  }

  /** Like `exec`, but returns the trimmed output, and throws when the program fails. */
  run(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
    return must(['docker', 'exec', '-i', this.container, ...argv], options)
  }

  /** Runs a shell script on the server. */
  sh(script: string, options: CommandOptions = {}): Promise<string> {
    return this.run(['sh', '-c', script], options)
  }

  /** As if nothing had ever been deployed here. Images stay, unless asked for. */
  async clean(options: { readonly images?: boolean } = {}): Promise<void> {
    await this.wake()
    await this.run(['lab-clean', ...(options.images ? ['images'] : [])])
  }

  loadImage(tag: string): Promise<void> {
    return this.loadImages([tag])
  }

  /** Copies images from this machine's Docker to the server's, but for those it already has. */
  async loadImages(tags: readonly string[]): Promise<void> {
    const inspect = ['docker', 'image', 'inspect', '--format', fingerprint]
    const missing: string[] = []
    for (const tag of tags) {
      const here = await must([...inspect, tag])
      const there = await this.exec([...inspect, tag])
      if (there.code !== 0 || there.stdout.trim() !== here) missing.push(tag)
    }
    if (missing.length > 0) await pipeImages(missing, this.container)
  }

  /** Shuts down in order and stays down until `start`. */
  async stop(): Promise<void> {
    await must(['docker', 'stop', '--time', '15', this.container])
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    await must(['docker', 'kill', '--signal', 'KILL', this.container])
  }

  async start(): Promise<void> {
    await must(['docker', 'start', this.container])
    await this.ready()
  }

  async reboot(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Freezes everything: connections stay open and nothing answers. */
  async pause(): Promise<void> {
    await must(['docker', 'pause', this.container])
  }

  async unpause(): Promise<void> {
    await must(['docker', 'unpause', this.container])
  }

  /** Kills the server's Docker daemon, which comes back by itself as under an init system. */
  async killDocker(): Promise<void> {
    await this.sh('kill -KILL "$(cat /run/docker.pid)"')
  }

  /** Stops the server's Docker daemon until `startDocker`. */
  async stopDocker(): Promise<void> {
    await this.sh(`touch /run/lab/dockerd.off; kill "$(cat /run/docker.pid)"
      for try in $(seq 150); do [ -e /run/docker.pid ] || exit 0; sleep 0.1; done; exit 1`)
  }

  async startDocker(): Promise<void> {
    await this.sh('rm -f /run/lab/dockerd.off')
    await this.ready()
  }

  /** Ends every SSH connection; sshd itself goes on. */
  async dropConnections(): Promise<void> {
    await this.sh("pkill -KILL '^sshd-session' || pkill -KILL -f '^sshd: .*[@\\[]' || true")
  }

  /** No SSH at all, not even for open connections, until `startSshd`. */
  async stopSshd(): Promise<void> {
    await this.sh('touch /run/lab/sshd.off; pkill -KILL sshd || true')
  }

  async startSshd(): Promise<void> {
    await this.sh('rm -f /run/lab/sshd.off')
    await this.ready()
  }

  /** Waits until sshd and the Docker daemon answer. */
  async ready(timeoutMs = 30_000): Promise<void> {
    await this.sh(
      `until docker info && grep -q ':0016 00000000:0000 0A' /proc/net/tcp; do sleep 0.1; done \
        >/dev/null 2>&1`,
      { timeoutMs },
    )
  }

  /** Waits until sshd answers, with or without Docker. */
  async answers(timeoutMs = 30_000): Promise<void> {
    await this.sh(`until grep -q ':0016 00000000:0000 0A' /proc/net/tcp; do sleep 0.1; done`, {
      timeoutMs,
    })
  }

  /** Running, thawed and switched on again, whatever a test did to it. */
  async wake(): Promise<void> {
    const format = '{{.State.Status}}'
    const status = await must(['docker', 'inspect', '--format', format, this.container])
    if (status === 'paused') await this.unpause()
    if (status === 'exited') await must(['docker', 'start', this.container])
    await this.sh('rm -f /run/lab/*.off')
    await this.ready()
  }
}

function pipeImages(tags: readonly string[], container: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const save = spawn('docker', ['save', ...tags], { stdio: ['ignore', 'pipe', 'inherit'] })
    const load = spawn('docker', ['exec', '-i', container, 'docker', 'load', '-q'], {
      stdio: [save.stdout, 'ignore', 'inherit'],
    })
    const timer = setTimeout(() => {
      save.kill('SIGKILL')
      load.kill('SIGKILL')
    }, 120_000)
    save.stdout.destroy()
    let saved: number | null = 0
    save.on('error', reject).on('close', (code) => {
      saved = code
    })
    load.on('error', reject).on('close', (code) => {
      clearTimeout(timer)
      if (code === 0 && saved === 0) resolve()
      else reject(new Error(`loading ${tags.join(', ')} into ${container} ended with ${code}`))
    })
  })
}
