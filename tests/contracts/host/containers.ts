import { describe, expect, it } from 'vitest'
import type { ContainerSample, Host } from '../../../src/hosts/host.ts'
import type { Instruction } from '../../../src/plan/instruction.ts'
import { type Bench, codeOf, failureOf, type Staged } from './bench.ts'

/** What instructions do to containers, and what is seen of them. */
export function containers(bench: () => Bench): void {
  describe('containers', () => {
    it('of a release run once it is up, and bear its labels', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const seen = (await host.observe()).containers.find(({ name }) => name === staged.container)
      expect(seen).toMatchObject({
        project: bench().named('r1'),
        service: 'web',
        release: 'r1',
        app: bench().at.scope.app,
        environment: bench().at.scope.environment,
        state: 'running',
        health: 'none',
        restartPolicy: 'no',
        publishedPorts: [],
      })
    })

    it('stay as they are when they are brought up again', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const id = await idOf(host, staged.container)
      await host.act(bench().action([staged.up]))
      expect(await idOf(host, staged.container)).toBe(id)
    })

    it('that are created wait to be started', async () => {
      const host = await bench().leased()
      const { stage, up, container } = bench().release('r1')
      await host.act(bench().action([created(up)], { stage }))
      expect((await look(host, container)).state).toBe('created')
      await host.act(bench().action([{ do: 'start', containers: [container] }]))
      expect((await look(host, container)).state).toBe('running')
    })

    it('are stopped and started by name, again and again', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const containers = [staged.container]
      const stop = { do: 'stop', containers, graceSeconds: 0 } as const
      await host.act(bench().action([stop, stop]))
      expect((await look(host, staged.container)).state).toBe('exited')
      const start = { do: 'start', containers } as const
      await host.act(bench().action([start, start]))
      expect((await look(host, staged.container)).state).toBe('running')
    })

    it('that are gone need no stopping, no policy and no removing', async () => {
      const host = await bench().leased()
      const containers = [bench().named('nobody')]
      await host.act(
        bench().action([
          { do: 'stop', containers, graceSeconds: 1 },
          { do: 'policy', policy: 'no', containers },
          { do: 'remove', containers },
          { do: 'remove-project', project: bench().named('nobody') },
        ]),
      )
      expect((await look(host, containers[0]!)).state).toBe('missing')
    })

    it('that were taken away are made again, and wait to be started', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const containers = [staged.container]
      const before = await idOf(host, staged.container)
      await host.act(bench().action([remade(staged)]))
      expect(await idOf(host, staged.container)).toBe(before)
      await host.act(bench().action([{ do: 'remove', containers }, remade(staged)]))
      const made = (await host.observe()).containers.find(({ name }) => name === staged.container)
      expect(made).toMatchObject({ state: 'created', restartPolicy: 'always', release: 'r1' })
      await host.act(bench().action([{ do: 'start', containers }]))
      expect((await look(host, staged.container)).state).toBe('running')
    })

    it('come back after a reboot, or do not, as their policy says', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const containers = [staged.container]
      const policy = async (): Promise<string | undefined> => {
        const seen = await host.observe()
        return seen.containers.find(({ name }) => name === staged.container)?.restartPolicy
      }
      await host.act(bench().action([{ do: 'policy', policy: 'always', containers }]))
      expect(await policy()).toBe('always')
      await host.act(bench().action([{ do: 'policy', policy: 'no', containers }]))
      expect(await policy()).toBe('no')
    })

    it('go with their project, and volumes stay', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const volume = bench().named('data')
      const project = bench().named('r1')
      const make = { do: 'volume', name: volume, key: 'data', project } as const
      await host.act(bench().action([make, make]))
      await host.act(bench().action([{ do: 'remove-project', project }]))
      const seen = await host.observe()
      expect(seen.containers.map(({ name }) => name)).not.toContain(staged.container)
      expect(seen.volumes).toContain(volume)
    })

    it('are waited for no longer than they are there to be waited for', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const containers = [staged.container, bench().named('nobody')]
      await host.act(bench().action([{ do: 'await', seconds: 30, containers, ports: [] }]))
      expect((await look(host, staged.container)).state).toBe('running')
    })

    it('that do not run have nothing to drain, and nothing is passed on without a proxy', async () => {
      const host = await bench().leased()
      const [from, to] = [bench().named('web-b'), bench().named('web-a')]
      await host.act(
        bench().action([
          {
            do: 'drain',
            upstreams: [`${from}:80`],
            seconds: 30,
            containers: [bench().named('nobody')],
          },
          { do: 'relay', from, to, ports: [{ from: 80, to: 80 }], seconds: 1 },
        ]),
      )
      expect((await look(host, bench().named('nobody'))).state).toBe('missing')
    })

    it('can have networks made for them, as often as one likes', async () => {
      const host = await bench().leased()
      const name = bench().named('net')
      const project = bench().named('r1')
      const make = { do: 'network', name, key: 'net', project, internal: true } as const
      await host.act(bench().action([make, make]))
      expect((await host.observe()).networks).toContain(name)
      await host.act(bench().action([{ do: 'remove-project', project }]))
      expect((await host.observe()).networks).not.toContain(name)
    })
  })

  describe('one-shot containers', () => {
    it('that exit 0 are a success', async () => {
      const host = await bench().leased()
      const staged = bench().release('r1', ['sh', '-c', 'echo done; exit 0'])
      await host.act(bench().action([job(staged)], { stage: staged.stage }))
      const seen = await look(host, staged.container)
      expect(seen).toMatchObject({ state: 'exited', exitCode: 0 })
    })

    it('that exit with another code fail the action', async () => {
      const host = await bench().leased()
      const staged = bench().release('r1', ['sh', '-c', 'echo no luck; exit 3'])
      const action = bench().action([job(staged)], { stage: staged.stage })
      const failure = await failureOf(host.act(action))
      expect(failure.code).toBe('ACTION_FAILED')
      expect(failure.evidence.join('\n')).toMatch(/exited (with )?3/)
    })

    it('are not run a second time', async () => {
      const host = await bench().leased()
      const staged = bench().release('r1', ['sh', '-c', 'echo done; exit 0'])
      await host.act(bench().action([job(staged)], { stage: staged.stage }))
      const before = await startOf(host, staged.container)
      await host.act(bench().action([job(staged)]))
      expect(await startOf(host, staged.container)).toBe(before)
    })
  })

  describe('a look at containers', () => {
    it('says that one is missing', async () => {
      const host = await bench().connected()
      expect(await look(host, bench().named('nobody'))).toMatchObject({
        state: 'missing',
        lastLines: [],
      })
    })

    it('runs the health command of one that runs', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const { containers: seen } = await host.sample({
        containers: [{ name: staged.container, healthCommand: ['true'], healthTimeoutSeconds: 5 }],
        commands: [],
        logs: [],
      })
      expect(seen[staged.container]?.healthCommand?.code).toBe(0)
    })

    it('shows the last words of one that exited', async () => {
      const host = await bench().leased()
      const staged = bench().release('r1', ['sh', '-c', 'echo no luck; exit 3'])
      await host.act(bench().action([staged.up], { stage: staged.stage }))
      await bench().at.pass(1)
      const seen = await look(host, staged.container)
      expect(seen).toMatchObject({ state: 'exited', exitCode: 3, lastLines: ['no luck'] })
    })

    it('tells one that was stopped from one that ended by itself', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const containers = [staged.container]
      await host.act(bench().action([{ do: 'stop', containers, graceSeconds: 0 }]))
      expect(await look(host, staged.container)).toMatchObject({ wasStopped: true })
      const other = bench().release('r2', ['sh', '-c', 'exit 137'])
      await host.act(bench().action([other.up], { stage: other.stage }))
      await bench().at.pass(1)
      const seen = await look(host, other.container)
      expect(seen).toMatchObject({ state: 'exited', exitCode: 137 })
      expect(seen).not.toHaveProperty('wasStopped')
    })

    it('tells a command that failed from one that could not be asked', async () => {
      const { host, staged } = await running(bench(), 'r1')
      const { commands } = await host.sample({
        containers: [],
        commands: [
          command('good', staged.container, 'true'),
          command('bad', staged.container, 'false'),
          command('none', bench().named('nobody'), 'true'),
        ],
        logs: [],
      })
      expect(commands.good?.code).toBe(0)
      expect(commands.bad?.code).toBe(1)
      expect(commands.none?.code).toBeGreaterThanOrEqual(125)
    })
  })

  describe('images', () => {
    it('are known by every name that they have', async () => {
      const host = await bench().leased()
      const { image } = bench().at
      const tag = `belay/${bench().named('web')}:r1`
      await host.act(bench().action([{ do: 'tag', image, tag }]))
      const facts = await host.imageIds([image, tag, 'belay/nobody:none'])
      expect(facts[image]?.id).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(facts[tag]?.id).toBe(facts[image]?.id)
      expect(facts['belay/nobody:none']).toBeNull()
      const untag = { do: 'untag', tag } as const
      await host.act(bench().action([untag, untag]))
      expect((await host.imageIds([tag]))[tag]).toBeNull()
    })

    it('that are missing fail what needs them', async () => {
      const host = await bench().leased()
      const tag = { do: 'tag', image: 'belay/nobody:none', tag: 'belay/nobody:r1' } as const
      expect(await codeOf(host.act(bench().action([tag])))).toBe('ACTION_FAILED')
    })
  })
}

async function running(bench: Bench, id: string): Promise<{ host: Host; staged: Staged }> {
  const host = await bench.leased()
  const staged = bench.release(id)
  await host.act(bench.action([staged.up], { stage: staged.stage }))
  return { host, staged }
}

function created(up: Instruction): Instruction {
  return { ...(up as Extract<Instruction, { do: 'up' }>), do: 'create' }
}

function remade({ up, container }: Staged): Instruction {
  const { project, file, slot, services } = up as Extract<Instruction, { do: 'up' }>
  const all = services.map((key) => ({ key, containers: [container] }))
  return { do: 'remake', project, file, slot, services: all }
}

function job({ up }: Staged): Instruction {
  return { ...(up as Extract<Instruction, { do: 'up' }>), do: 'jobs', timeoutSeconds: 20 }
}

function command(id: string, container: string, program: string) {
  return { id, container, argv: [program], timeoutSeconds: 5 }
}

async function look(host: Host, name: string): Promise<ContainerSample> {
  const containers = [{ name, healthTimeoutSeconds: 5 }]
  const sample = await host.sample({ containers, commands: [], logs: [] })
  return sample.containers[name]!
}

async function idOf(host: Host, name: string): Promise<string | undefined> {
  return (await host.observe()).containers.find((container) => container.name === name)?.id
}

async function startOf(host: Host, name: string): Promise<string | undefined> {
  return (await host.observe()).containers.find((container) => container.name === name)?.startedAt
}
