import { describe, expect, it } from 'vitest'
import type { Host } from '../../../src/hosts/host.ts'
import { tarForContainer } from '../../../src/hosts/wire/tar.ts'
import type { Instruction } from '../../../src/plan/instruction.ts'
import type { ObservedContainer } from '../../../src/plan/observed.ts'
import { type Bench, failureOf, file } from './bench.ts'

const FILE = 'releases/base/change.json'

/** What instructions do to accessories, which belong to no release. */
export function accessories(bench: () => Bench): void {
  describe('accessories', () => {
    it('are made anew beside the old one, which goes on running, as often as one likes', async () => {
      const { host, old } = await running(bench())
      for (let n = 0; n < 2; n += 1) {
        await host.act(bench().action([renew(bench(), old)], n === 0 ? stage(bench(), 'two') : {}))
        expect(await seen(bench(), host)).toEqual([
          expect.objectContaining({ name: old.name, state: 'created', restartPolicy: 'no' }),
          expect.objectContaining({ name: `${old.name}.before`, id: old.id, state: 'running' }),
        ])
      }
    })

    it('go back to the old one from any point', async () => {
      const { host, old } = await running(bench())
      const back = [restore(bench(), old), { do: 'start', containers: [old.name] }] as const
      await host.act(bench().action(back))
      await host.act(bench().action([renew(bench(), old)], stage(bench(), 'two')))
      const before = [`${old.name}.before`]
      await host.act(
        bench().action([
          { do: 'stop', containers: before, graceSeconds: 0 },
          { do: 'start', containers: [old.name] },
        ]),
      )
      for (let n = 0; n < 2; n += 1) await host.act(bench().action(back))
      expect(await seen(bench(), host)).toEqual([
        expect.objectContaining({ name: old.name, id: old.id, state: 'running' }),
      ])
    })

    it('are what is left where the old one is gone', async () => {
      const { host, old } = await running(bench())
      await host.act(bench().action([renew(bench(), old)], stage(bench(), 'two')))
      await host.act(bench().action([{ do: 'remove', containers: [`${old.name}.before`] }]))
      const failure = await failureOf(host.act(bench().action([restore(bench(), old)])))
      expect(failure.code).toBe('ACTION_FAILED')
      expect((await seen(bench(), host)).map(({ name }) => name)).toEqual([old.name])
    })

    it('are known by what they were made from, until they are gone', async () => {
      const { host, old } = await running(bench())
      const made = (hash: string): Instruction => ({
        do: 'made-from',
        project: bench().at.scope.app,
        file: FILE,
        definitions: { db: hash },
      })
      expect((await seen(bench(), host))[0]).not.toHaveProperty('definition')
      await host.act(bench().action([made('11'), made('22')]))
      expect((await seen(bench(), host))[0]).toMatchObject({ id: old.id, definition: '11' })
      await host.act(bench().action([renew(bench(), old)], stage(bench(), 'two')))
      await host.act(bench().action([made('22')]))
      const both = await seen(bench(), host)
      expect(both.map(({ definition }) => definition)).toEqual(['22', '11'])
    })

    it('are there when they stay, and not when they end', async () => {
      const { host, old } = await running(bench())
      const steady = { do: 'steady', seconds: 10, containers: [old.name] } as const
      await host.act(bench().action([steady]))
      await host.act(bench().action([{ do: 'stop', containers: [old.name], graceSeconds: 0 }]))
      expect((await failureOf(host.act(bench().action([steady])))).code).toBe('ACTION_FAILED')
    })

    it('get files while they wait to be started', async () => {
      const { host, old } = await running(bench())
      const content = new TextEncoder().encode('a word')
      const tar = tarForContainer([{ path: 'etc/word', content, mode: 0o640, uid: 7, gid: 8 }])
      const put = { do: 'put-files', file: 'releases/base/db.tar', containers: [old.name] } as const
      const { stage: staged } = stage(bench(), 'two')
      const files = [...staged.files, { path: 'db.tar', content: tar, mode: 0o600 }]
      await host.act(bench().action([renew(bench(), old), put], { stage: { ...staged, files } }))
      const missing = { ...put, file: 'releases/base/none.tar' }
      expect((await failureOf(host.act(bench().action([missing])))).code).toBe('ACTION_FAILED')
    })
  })

  describe('a network of names', () => {
    it('takes in containers that run or do not, and leaves them again', async () => {
      const { host, old } = await running(bench(), { network_mode: 'bridge' })
      const network = bench().named('live-999999')
      const project = bench().at.scope.app
      const make = { do: 'network', name: network, key: 'live', project, internal: true } as const
      const join = { do: 'connect', network, aliases: ['web'], containers: [old.name] } as const
      const gone = { ...join, aliases: [], containers: [bench().named('nobody')] }
      await host.act(bench().action([make, join, join, gone]))
      await host.act(bench().action([{ do: 'stop', containers: [old.name], graceSeconds: 0 }]))
      const remove = { do: 'remove-network', name: network } as const
      await host.act(bench().action([remove, remove]))
      expect((await host.observe()).networks).not.toContain(network)
      await host.act(bench().action([{ do: 'start', containers: [old.name] }]))
      expect((await seen(bench(), host))[0]?.state).toBe('running')
    })

    it('that is not there takes in nobody', async () => {
      const { host, old } = await running(bench(), { network_mode: 'bridge' })
      const network = bench().named('live-999999')
      const join = { do: 'connect', network, aliases: [], containers: [old.name] } as const
      expect((await failureOf(host.act(bench().action([join])))).code).toBe('ACTION_FAILED')
    })
  })
}

/** A base of one service, which sleeps. */
function stage(bench: Bench, text: string, over: object = {}) {
  const db = {
    image: bench.at.image,
    command: ['sleep', '600'],
    network_mode: 'none',
    restart: 'always',
    environment: { TEXT: text },
    ...over,
  }
  const content = JSON.stringify({ name: bench.at.scope.app, services: { db } })
  return { stage: { release: 'base', files: [file('change.json', content)] } }
}

async function running(bench: Bench, over: object = {}) {
  const host = await bench.leased()
  const project = bench.at.scope.app
  const base = { do: 'base', project, file: FILE, services: ['db'] } as const
  await host.act(bench.action([base], stage(bench, 'one', over)))
  const [old] = await seen(bench, host)
  if (old === undefined) throw new Error('nothing runs')
  return { host, old }
}

async function seen(bench: Bench, host: Host): Promise<readonly ObservedContainer[]> {
  const { containers } = await host.observe()
  return containers
    .filter(({ project }) => project === bench.at.scope.app)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function renew(bench: Bench, { id, name }: ObservedContainer): Instruction {
  const project = bench.at.scope.app
  return { do: 'renew', project, file: FILE, service: 'db', names: [name], old: [{ id, name }] }
}

function restore(bench: Bench, { id, name }: ObservedContainer): Instruction {
  const project = bench.at.scope.app
  return { do: 'restore', project, service: 'db', graceSeconds: 0, old: [{ id, name }] }
}
