import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { releaseProject, type Slot } from '../../src/base/names.ts'
import type { Rendered, RenderedService } from '../../src/plan/render/rendered.ts'

const run = promisify(execFile)

export async function docker(...argv: string[]): Promise<string> {
  const { stdout } = await run('docker', argv, { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 })
  return stdout.trim()
}

/**
 * This machine's Docker, used the way a host's kit uses it: networks and volumes first, then the
 * base, then the release, compose files called with the four variables and nothing else.
 */
export class Server {
  readonly #project: string
  readonly #root: string

  private constructor(project: string, root: string) {
    this.#project = project
    this.#root = root
  }

  static async open(project: string): Promise<Server> {
    const root = await mkdtemp(join(tmpdir(), `${project}-server-`))
    // The folder of a release is secret as a whole; only Docker's own mounts lead into it.
    await chmod(root, 0o700)
    return new Server(project, root)
  }

  folder(release: string): string {
    return join(this.#root, 'releases', release)
  }

  async stage(release: string, rendered: Rendered): Promise<void> {
    const folder = this.folder(release)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, 'base.json'), JSON.stringify(rendered.base))
    await writeFile(join(folder, 'compose.json'), JSON.stringify(rendered.release))
    for (const file of rendered.shipped) {
      const to = join(folder, file.to)
      await mkdir(dirname(to), { recursive: true, mode: 0o755 })
      if ('from' in file) await copyFile(file.from, to)
      else await writeFile(to, file.content)
      await chmod(to, file.mode)
    }
    for (const { name, key, external } of rendered.networks) {
      if (!external) await ensureNetwork(name, this.#labels('network', key))
    }
    for (const { name, key, external } of rendered.volumes) {
      if (!external) await docker('volume', 'create', ...this.#labels('volume', key), name)
    }
  }

  async base(release: string, rendered: Rendered, ...flags: string[]): Promise<void> {
    const { accessories } = rendered
    if (accessories.length === 0) return
    const argv = ['up', '-d', ...flags, '--no-deps', ...accessories]
    await this.#compose(this.#project, { release, file: 'base.json', slot: 'a' }, argv)
  }

  /** Everything of the release, in the order that its phases ask for. */
  async up(release: string, rendered: Rendered, slot: Slot = 'a'): Promise<void> {
    const at = { release, file: 'compose.json', slot }
    const project = releaseProject(this.#project, release)
    const inPhase = (phase: RenderedService['phase']): readonly RenderedService[] =>
      rendered.services.filter((service) => service.phase === phase)
    const jobs = inPhase('jobs')
    if (jobs.length > 0) {
      await this.#compose(project, at, ['up', '-d', '--no-deps', ...jobs.map(({ key }) => key)])
      for (const { containers } of jobs) await docker('wait', ...containers)
    }
    const beside = inPhase('side-by-side').map(({ key }) => key)
    if (beside.length > 0) await this.#compose(project, at, ['up', '-d', ...beside])
    const inTurn = [...inPhase('handover'), ...inPhase('workers')]
    if (inTurn.length === 0) return
    await this.#compose(project, at, ['up', '--no-start', ...inTurn.map(({ key }) => key)])
    for (const { containers } of inTurn) await docker('start', ...containers)
  }

  async down(release: string): Promise<void> {
    await removeProject(releaseProject(this.#project, release))
  }

  async close(): Promise<void> {
    await removeEverything(this.#project)
    await rm(this.#root, { recursive: true, force: true })
  }

  async #compose(
    project: string,
    at: { release: string; file: string; slot: Slot },
    argv: readonly string[],
  ): Promise<void> {
    const folder = this.folder(at.release)
    const common = ['-p', project, '-f', join(folder, at.file), '--project-directory', folder]
    await run('docker', ['compose', ...common, ...argv], {
      timeout: 120_000,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        DOCKER_HOST: process.env['DOCKER_HOST'],
        BELAY_RELEASE: folder,
        BELAY_DATA: join(this.#root, 'data'),
        BELAY_HOME: this.#root,
        BELAY_SLOT: at.slot,
      },
    })
  }

  #labels(kind: 'network' | 'volume', key: string): string[] {
    const project = `com.docker.compose.project=${this.#project}`
    return ['--label', project, '--label', `com.docker.compose.${kind}=${key}`]
  }
}

/** Whether it had to be made. */
export async function ensureNetwork(name: string, flags: readonly string[]): Promise<boolean> {
  const found = await docker('network', 'ls', '-q', '--filter', `name=^${name}$`)
  if (found === '') await docker('network', 'create', ...flags, name)
  return found === ''
}

const PROJECT = 'com.docker.compose.project'

/** Removes the containers and networks of one compose project. */
async function removeProject(project: string): Promise<void> {
  const filter = `label=${PROJECT}=${project}`
  const containers = lines(await docker('ps', '-aq', '--filter', filter))
  if (containers.length > 0) await docker('rm', '-fv', ...containers)
  const networks = lines(await docker('network', 'ls', '-q', '--filter', filter))
  for (const network of networks) await removeNetwork(network)
}

/** Docker may still be taking away what containers had there, when it says that they are gone. */
async function removeNetwork(network: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await docker('network', 'rm', network)
      return
    } catch (error) {
      if (tries === 20 || !String(error).includes('active endpoints')) throw error
      await wait(200)
    }
  }
}

/** The base, its releases and their volumes, those without a name too. */
async function removeEverything(project: string): Promise<void> {
  const label = ['--format', `{{.Label "${PROJECT}"}}`]
  const found = [
    ...lines(await docker('ps', '-a', ...label)),
    ...lines(await docker('network', 'ls', ...label)),
  ]
  const own = new Set(found.filter((name) => name === project || name.startsWith(`${project}-r`)))
  const unnamed = (await Promise.all([...own].map(unnamedVolumes))).flat()
  for (const each of [...own].sort().reverse()) await removeProject(each)
  const filter = `label=${PROJECT}=${project}`
  const volumes = [...lines(await docker('volume', 'ls', '-q', '--filter', filter)), ...unnamed]
  if (volumes.length > 0) await docker('volume', 'rm', '-f', ...new Set(volumes))
}

async function unnamedVolumes(project: string): Promise<string[]> {
  const filter = `label=${PROJECT}=${project}`
  const containers = lines(await docker('ps', '-aq', '--filter', filter))
  if (containers.length === 0) return []
  const format = '{{range .Mounts}}{{println .Name}}{{end}}'
  const names = lines(await docker('inspect', '--format', format, ...containers))
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name))
}

/** Images that tests tagged under the name of the project. */
export async function removeImages(project: string): Promise<void> {
  const filter = `reference=${project}/*`
  const format = '{{.Repository}}:{{.Tag}}'
  const tags = lines(await docker('image', 'ls', '--filter', filter, '--format', format))
  if (tags.length > 0) await docker('rmi', ...tags)
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
