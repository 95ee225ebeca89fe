import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ComposeModel } from '../../src/plan/compose-model.ts'
import { inspect } from './look.ts'
import { CORPUS, NAME, rendered, Scene } from './scene.ts'
import { docker, removeImages } from './server.ts'

let scene = new Scene()
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => scene.close())
afterAll(() => removeImages(NAME))

const sleeping = (model: ComposeModel): ComposeModel => ({
  ...model,
  services: Object.fromEntries(
    Object.entries(model.services).map(([name, service]) => [
      name,
      {
        ...service,
        entrypoint: ['sleep', '600'],
        init: true,
        ...(service.image?.startsWith('sha256:') === true ? {} : { image: 'busybox:stable' }),
      },
    ]),
  ),
})

const read = (container: string, path: string): Promise<string> =>
  docker('exec', container, 'cat', path)

describe('files', () => {
  it('of a release are readable by its user, unwritable, and as they were', async () => {
    const project = await scene.project(join(CORPUS, 'secrets-configs'), {
      values: { SESSION_KEY: 'key-$of "session"\n' },
    })
    const half = await rendered(project, 'r1')
    const host = await scene.server()
    await host.stage('r1', { ...half, release: sleeping(half.release) })
    await host.up('r1', half)
    const app = `${NAME}-r1-app-1`
    expect(await docker('exec', app, 'id', '-u')).toBe('1001')
    expect(await read(app, '/run/secrets/token')).toBe('token-of-the-app')
    expect(await read(app, '/run/secrets/session-key')).toBe('key-$of "session"')
    expect(await read(app, '/etc/app/settings.toml')).toBe('price = "$12"')
    expect(await read(app, '/etc/app/banner')).toBe('it\'s "fine" at $5 # really')
    expect(await read(app, '/srv/settings.toml')).toBe('price = "$12"')
    const mounts = (await inspect(app)).Mounts.filter(({ Type }) => Type === 'bind')
    expect(mounts.filter(({ RW }) => RW)).toEqual([])
  })

  it('of an accessory are in its container, whatever becomes of the release', async () => {
    const project = await scene.project(join(CORPUS, 'secrets-configs'), {
      values: { SESSION_KEY: 'x' },
    })
    const half = await rendered(project, 'r1')
    const host = await scene.server()
    await host.stage('r1', { ...half, base: sleeping(half.base) })
    await host.base('r1', half)
    await docker('run', '--rm', '-v', `${host.folder('r1')}:/r`, 'busybox:stable', 'rm', '-r', '/r')
      // The mount point itself cannot go.
      .catch(() => '')
    const db = `${NAME}-db-1`
    await docker('restart', '-t', '0', db)
    expect(await read(db, '/run/secrets/db_password')).toBe('pass$word')
    expect(await read(db, '/etc/postgresql/conf.d/tuning.conf')).toBe('work_mem = 4MB')
    const folder = '/docker-entrypoint-initdb.d'
    expect(await read(db, `${folder}/10-init.sh`)).toBe('#!/bin/sh\necho "$1 ready" ${HOME}')
    expect(await read(db, `${folder}/20-more.sql`)).toBe('select 1; -- äöü')
    expect(await docker('exec', db, 'stat', '-c', '%a', `${folder}/10-init.sh`)).toBe('755')
  })
})

describe('data', () => {
  const WRITER = `
services:
  web:
    image: ${NAME}/writer
    command: sleep 600
    init: true
    expose: [80]
    volumes: [named:/named, /unnamed, ./folder:/folder]
volumes: { named: {} }
`

  it('is what the release before has written, wherever it lies', async () => {
    const made = await docker('create', 'busybox:stable', 'true')
    await docker('commit', '-c', 'VOLUME /declared', made, `${NAME}/writer`)
    await docker('rm', made)
    const id = await docker('image', 'inspect', '--format', '{{.Id}}', `${NAME}/writer`)
    const project = await scene.given({ 'compose.yaml': WRITER })
    const images = { web: { id, volumes: ['/declared'] } }
    const host = await scene.server()
    const folders = ['/named', '/unnamed', '/folder', '/declared']
    for (const release of ['r1', 'r2']) {
      const half = await rendered(project, release, { images })
      await host.stage(release, half)
      await host.up(release, half)
      const web = `${NAME}-${release}-web-1`
      for (const folder of folders) {
        const script = release === 'r1' ? `echo ${folder} > ${folder}/note` : `cat ${folder}/note`
        const output = await docker('exec', web, 'sh', '-c', script)
        expect(output).toBe(release === 'r1' ? '' : folder)
      }
      await host.down(release)
    }
    const unnamed = await docker('volume', 'ls', '-q', '--filter', 'dangling=true')
    expect(unnamed.split('\n')).toEqual(
      expect.arrayContaining([`${NAME}_named`, `${NAME}_web-unnamed`, `${NAME}_web-declared`]),
    )
  })

  it('of a project started by hand stays where it is, its database untouched', async () => {
    await docker('tag', 'busybox:stable', `${NAME}/postgres`)
    const compose = `
services:
  web:
    image: busybox:stable
    command: sleep 600
    expose: [80]
    environment: { A: "b$$c" }
    depends_on: { db: { condition: service_started } }
    volumes: [/cache]
  db:
    image: ${NAME}/postgres
    command: sh -c "sleep 600; echo $$HOME"
    init: true
    restart: always
    environment: { EMPTY: "", PASSWORD: "p$$w" }
    ports: ["127.0.0.1:47432:5432"]
    networks: { default: { aliases: [database] } }
    healthcheck: { test: "true", interval: 5s }
    deploy: { resources: { limits: { memory: 64M } } }
    volumes:
      - data:/data
      - ./data:/folder
      - ./init.sql:/init.sql:ro
volumes: { data: {} }
`
    const project = await scene.given(
      { 'compose.yaml': compose, 'init.sql': 'select 1;\n', 'data/row': 'by hand\n' },
      { untracked: ['data'] },
    )
    const host = await scene.server()
    await promisify(execFile)('docker', ['compose', '-p', NAME, 'up', '-d'], {
      cwd: project.directory,
    })
    const before = await inspect(`${NAME}-db-1`)
    const web = await inspect(`${NAME}-web-1`)
    const volume = web.Mounts.find(({ Destination }) => Destination === '/cache')?.Name ?? ''
    const workingDirectory = project.directory
    const adopted = { workingDirectory, anonymousVolumes: { web: { '/cache': volume } } }
    const half = await rendered(project, 'r1', { adopted })
    await host.stage('r1', half)
    await host.base('r1', half)
    await host.up('r1', half)
    expect((await inspect(`${NAME}-db-1`)).Id).toBe(before.Id)
    const mounts = (await inspect(`${NAME}-r1-web-1`)).Mounts
    expect(mounts.map(({ Name, Destination }) => [Destination, Name])).toEqual([['/cache', volume]])
    expect((await inspect(`${NAME}-web-1`)).State.Status).toBe('running')
    await docker('rm', '-fv', `${NAME}-web-1`)
  })
})
