import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { render } from '../../src/plan/render/render.ts'
import type { Rendered } from '../../src/plan/render/rendered.ts'
import type { RenderRequest, ServiceChoice } from '../../src/plan/render/request.ts'
import { openProject, type Project, type ProjectOptions } from './project.ts'
import { docker, Server } from './server.ts'

/** Prefix of everything that these tests make in Docker. */
export const NAME = `belay-render-test-${process.env['VITEST_POOL_ID'] ?? '1'}`
export const CORPUS = join(import.meta.dirname, 'corpus')

export type Choices = Partial<RenderRequest> & {
  /** Which service is routed, and on which port. */
  readonly routed?: Readonly<Record<string, number>>
}

/** What one test brings up, all of it removed at its end. */
export class Scene {
  readonly #open: { close(): Promise<void> }[] = []
  readonly name: string

  constructor(name = NAME) {
    this.name = name
  }

  /** A project with these files. */
  async given(
    files: Readonly<Record<string, string>>,
    options: Partial<ProjectOptions> = {},
  ): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), `${this.name}-given-`))
    this.#open.push({ close: () => rm(folder, { recursive: true, force: true }) })
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return this.project(folder, options)
  }

  async project(folder: string, options: Partial<ProjectOptions> = {}): Promise<Project> {
    const project = await openProject(folder, { name: this.name, ...options })
    this.#open.push({ close: () => project.remove() })
    return project
  }

  async server(): Promise<Server> {
    const server = await Server.open(this.name)
    this.#open.push(server)
    return server
  }

  async close(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each.close()
  }
}

/** A release of a project of which everything can be honoured; app services run busybox. */
export async function rendered(
  project: Project,
  release: string,
  { routed = {}, ...request }: Choices = {},
): Promise<Rendered> {
  const id = await busybox()
  const result = render({
    ...project.request,
    app: 'shop',
    environment: 'test',
    release,
    proxy: 'shared',
    services: Object.fromEntries(
      Object.entries(routed).map(([name, port]): [string, ServiceChoice] => [
        name,
        { routes: [{ domain: '*', path: '/', port }], checkPorts: [] },
      ]),
    ),
    images: Object.fromEntries(Object.keys(project.model.services).map((name) => [name, { id }])),
    ...request,
  })
  expect(result.problems).toEqual([])
  return result
}

export function busybox(): Promise<string> {
  return docker('image', 'inspect', '--format', '{{.Id}}', 'busybox:stable')
}
