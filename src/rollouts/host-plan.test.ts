import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf, serviceOf } from '../../tests/support/releases.ts'
import { instructionLine } from '../hosts/wire/instruction-lines.ts'
import type { HostPlan } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import { makeHostPlan } from './host-plan.ts'

/** A plan as one line for each step and instruction: the expected values below are read by people. */
function written(plan: HostPlan): string[] {
  const steps = plan.steps.flatMap((step) =>
    step.kind === 'prove'
      ? [`prove ${step.services.join(' ')} through ${step.through}`]
      : step.instructions.map(instructionLine),
  )
  return [
    ...steps,
    ...plan.back.map((instruction) => `back ${instructionLine(instruction)}`),
    ...plan.forward.map((instruction) => `forward ${instructionLine(instruction)}`),
  ]
}

function replace(old: Release | undefined, release: Release): string[] {
  const observed = observedOf('one', old)
  return written(makeHostPlan({ release, observed, kept: false, fold: [], forget: [] }))
}

const r1 = releaseOf('r1')

describe('overlap', () => {
  it('must prove the new before it gets traffic, and stop the old only after the confirm', () => {
    expect(replace(r1, releaseOf('r2', { slot: 'b' }))).toEqual([
      'up shop-r2 releases/r2/compose.json b web-r2',
      'prove web through slot',
      'site shop-production releases/r2/site.caddy',
      'route shop-production-web b',
      'policy always shop-r2-web-1',
      'prove web through front-door',
      'back remake shop-r1 releases/r1/compose.json a web-r1=shop-r1-web-1',
      'back start shop-r1-web-1',
      'back route shop-production-web a',
      'back drain shop-production-web-b:8000,shop-production-web-b.:8000 30 shop-r2-web-1',
      'back stop 10 shop-r2-web-1',
      'back site shop-production releases/r1/site.caddy',
      'back remove-project shop-r2',
      'forward policy no shop-r1-web-1',
      'forward current r2 r1',
      'forward mark r2 good',
      'forward start shop-r2-web-1',
      'forward drain shop-production-web-a:8000,shop-production-web-a.:8000 30 shop-r1-web-1',
      'forward stop 10 shop-r1-web-1',
      'forward tag sha256:1 belay/shop/web:r2',
    ])
  })
})

describe('handover', () => {
  const handover = (id: string, slot: 'a' | 'b') =>
    releaseOf(id, { slot, services: [serviceOf(id, { rollout: 'handover' })] })

  it('must turn traffic, drain and stop the old before the new starts', () => {
    expect(replace(handover('r1', 'a'), handover('r2', 'b')).slice(0, 13)).toEqual([
      'create shop-r2 releases/r2/compose.json b web-r2',
      'site shop-production releases/r2/site.caddy',
      'route shop-production-web b',
      'drain shop-production-web-a:8000 30 shop-r1-web-1',
      'stop 10 shop-r1-web-1',
      'start shop-r2-web-1',
      'prove web through slot',
      'prove web through front-door',
      'back remake shop-r1 releases/r1/compose.json a web-r1=shop-r1-web-1',
      'back route shop-production-web a',
      'back drain shop-production-web-b:8000 30 shop-r2-web-1',
      'back stop 10 shop-r2-web-1',
      'back start shop-r1-web-1',
    ])
  })

  it('must not wait for open WebSockets, while clients wait for it', () => {
    const drains = replace(handover('r1', 'a'), handover('r2', 'b')).filter((line) =>
      line.includes('drain'),
    )
    expect(drains).toHaveLength(2)
    expect(drains.filter((line) => line.includes('.:'))).toEqual([])
  })

  it('must pass on what waits for the new one, when it goes back', () => {
    const web = (id: string, port: number) =>
      serviceOf(id, { rollout: 'handover', routes: [{ domain: '*', path: '/', port }] })
    const r2 = releaseOf('r2', { slot: 'b', services: [web('r2', 9000)] })
    const lines = replace(releaseOf('r1', { services: [web('r1', 8000)] }), r2)
    const [started, relayed] = [
      lines.indexOf('back start shop-r1-web-1'),
      lines.indexOf('back relay shop-production-web-b shop-production-web-a 30 9000=8000'),
    ]
    expect(started).toBeGreaterThan(0)
    expect(relayed).toBeGreaterThan(started)
    expect(replace(undefined, r2).filter((line) => line.includes('relay'))).toEqual([])
  })
})

describe('a hand-over of several services', () => {
  const front = (id: string) =>
    serviceOf(id, { name: 'front', rollout: 'handover', needs: ['api'] })
  const api = (id: string) => ({
    ...serviceOf(id, { name: 'api', rollout: 'handover', routes: [] }),
    routeKey: undefined as never,
    startTimeoutMs: 20_000,
  })
  const both = (id: string, slot: 'a' | 'b') =>
    releaseOf(id, {
      slot,
      services: [api(id), front(id)],
      checks: [{ kind: 'http', service: 'api', settings: { path: '/health', port: 9000 } }],
    })

  it('must start what others need first, and prove it before they start', () => {
    expect(replace(both('r1', 'a'), both('r2', 'b')).slice(0, 11)).toEqual([
      'create shop-r2 releases/r2/compose.json b api-r2 front-r2',
      'site shop-production releases/r2/site.caddy',
      'route shop-production-front b',
      'drain shop-production-front-a:8000 30 shop-r1-front-1',
      'stop 10 shop-r1-front-1',
      'stop 10 shop-r1-api-1',
      'start shop-r2-api-1',
      'prove api through slot',
      'start shop-r2-front-1',
      'prove front through slot',
      'prove api front through front-door',
    ])
  })

  it('must go back in the same order', () => {
    const back = replace(both('r1', 'a'), both('r2', 'b')).filter((l) => l.startsWith('back'))
    expect(back.slice(0, 9)).toEqual([
      'back remake shop-r1 releases/r1/compose.json a api-r1=shop-r1-api-1 front-r1=shop-r1-front-1',
      'back route shop-production-front a',
      'back drain shop-production-front-b:8000 30 shop-r2-front-1',
      'back stop 10 shop-r2-front-1',
      'back stop 10 shop-r2-api-1',
      'back start shop-r1-api-1',
      'back await 20 shop-r1-api-1 http:shop-production-api-a:9000/health',
      'back start shop-r1-front-1',
      'back relay shop-production-front-b shop-production-front-a 30 8000=8000',
    ])
  })

  it('must start services that need each other together', () => {
    const circle = (id: string) =>
      releaseOf(id, { services: [{ ...api(id), needs: ['front'] }, front(id)] })
    const lines = replace(circle('r1'), circle('r2')).filter((line) => line.startsWith('prove'))
    expect(lines[0]).toBe('prove api front through slot')
  })
})

describe('rolling', () => {
  const four = (id: string, slot: 'a' | 'b') =>
    releaseOf(id, {
      slot,
      services: [
        serviceOf(id, {
          rollout: 'rolling',
          containers: [1, 2, 3, 4].map((n) => `shop-${id}-web-${n}`),
        }),
      ],
    })

  it('must stop old replicas only while the new ones carry everything', () => {
    const lines = replace(four('r1', 'a'), four('r2', 'b'))
    expect(lines.slice(0, 8)).toEqual([
      'up shop-r2 releases/r2/compose.json b web-r2 --scale web-r2=1',
      'prove web through slot',
      'site shop-production releases/r2/site.caddy',
      'route shop-production-web b',
      'drain shop-production-web-a:8000,shop-production-web-a.:8000 30 shop-r1-web-4',
      'stop 10 shop-r1-web-4',
      'route shop-production-web b25',
      'up shop-r2 releases/r2/compose.json b web-r2 --scale web-r2=2',
    ])
    expect(lines.filter((line) => line.startsWith('route '))).toEqual([
      'route shop-production-web b',
      'route shop-production-web b25',
      'route shop-production-web b',
      'route shop-production-web b50',
      'route shop-production-web b',
      'route shop-production-web b75',
      'route shop-production-web b',
    ])
  })

  it('must start kept replicas in batches, as scaling them would remove the rest', () => {
    const observed = observedOf('one', four('r2', 'b'))
    const release = four('r1', 'a')
    const plan = makeHostPlan({ release, observed, kept: true, fold: [], forget: [] })
    expect(written(plan).filter((line) => /^(up|start)/.test(line))).toEqual([
      'start shop-r1-web-1',
      'start shop-r1-web-1 shop-r1-web-2',
      'start shop-r1-web-1 shop-r1-web-2 shop-r1-web-3',
      'start shop-r1-web-1 shop-r1-web-2 shop-r1-web-3 shop-r1-web-4',
    ])
  })

  it('must start the old replicas again before traffic goes back', () => {
    const back = replace(four('r1', 'b'), four('r2', 'a')).filter((l) => l.startsWith('back'))
    expect(back.slice(1, 3)).toEqual([
      'back start shop-r1-web-1 shop-r1-web-2 shop-r1-web-3 shop-r1-web-4',
      'back route shop-production-web b',
    ])
  })
})

describe('a whole app', () => {
  const withWorker = (id: string, slot: 'a' | 'b') =>
    releaseOf(id, {
      slot,
      services: [
        serviceOf(id, { name: 'migrate', role: 'job', routes: [] }),
        serviceOf(id),
        {
          ...serviceOf(id, { name: 'worker', role: 'worker', rollout: 'handover', routes: [] }),
          routeKey: undefined as never,
        },
      ],
    })

  it('must run jobs first and exchange workers only after the web was proved', () => {
    const steps = replace(withWorker('r1', 'a'), withWorker('r2', 'b'))
    expect(steps.slice(0, 11)).toEqual([
      'create shop-r2 releases/r2/compose.json b worker-r2',
      'jobs shop-r2 releases/r2/compose.json 60 migrate-r2',
      'up shop-r2 releases/r2/compose.json b web-r2',
      'prove web through slot',
      'site shop-production releases/r2/site.caddy',
      'route shop-production-web b',
      'policy always shop-r2-web-1',
      'stop 10 shop-r1-worker-1',
      'start shop-r2-worker-1',
      'prove worker through slot',
      'prove web worker through front-door',
    ])
  })

  it.each(['r1', 'r1.1'])('must not run jobs again when r1 comes back as %s', (id) => {
    const [r1, r2] = [withWorker('r1', 'a'), withWorker('r2', 'b')]
    const kept = [r1, r2].map((release) => ({ id: release.id, mark: 'good' as const, release }))
    const observed = observedOf('one', r2, { releases: kept })
    const release = withWorker(id, 'a')
    const plan = makeHostPlan({ release, observed, kept: false, fold: [], forget: [] })
    expect(written(plan).filter((line) => line.startsWith('jobs'))).toEqual([])
  })
})

describe('a first deployment', () => {
  it('must make what is missing, and leave no container behind when it fails', () => {
    const release = releaseOf('r1', {
      accessories: ['db'],
      volumes: [{ name: 'shop_data', key: 'data', external: false }],
      networks: [{ name: 'shop_default', key: 'default', external: false }],
    })
    expect(replace(undefined, release)).toEqual([
      'network belay belay belay-proxy 0',
      'network shop_default default shop 0',
      'volume shop_data data shop',
      'proxy releases/r1/proxy',
      'base shop releases/r1/base.json db',
      'up shop-r1 releases/r1/compose.json a web-r1',
      'prove web through slot',
      'site shop-production releases/r1/site.caddy',
      'route shop-production-web a',
      'policy always shop-r1-web-1',
      'prove web through front-door',
      'back stop 10 shop-r1-web-1',
      'back site shop-production -',
      'back remove-project shop-r1',
      'back remove-project shop',
      'back remove-project belay-proxy',
      'forward current r1 -',
      'forward mark r1 good',
      'forward start shop-r1-web-1',
      'forward tag sha256:1 belay/shop/web:r1',
    ])
  })
})

describe('adoption', () => {
  it('must take port 80 over from the old containers, and give it back when it fails', () => {
    const observed = observedOf('one', undefined, {
      containers: [
        containerOf('shop-web-1', { service: 'web', publishedPorts: [80] }),
        containerOf('shop-db-1', { service: 'db' }),
      ],
      networks: ['belay', 'shop_default'],
      proxy: { running: false, sites: {}, claims: {}, takenPorts: [80] },
    })
    const release = releaseOf('r1', { accessories: ['db'] })
    const plan = makeHostPlan({ release, observed, kept: false, fold: [], forget: [] })
    expect(written(plan)).toEqual([
      'up shop-r1 releases/r1/compose.json a web-r1',
      'prove web through containers',
      'stop 10 shop-web-1',
      'proxy releases/r1/proxy',
      'site shop-production releases/r1/site.caddy',
      'route shop-production-web a',
      'policy always shop-r1-web-1',
      'prove web through front-door',
      'back stop 10 shop-r1-web-1',
      'back site shop-production -',
      'back remove-project belay-proxy',
      'back start shop-web-1',
      'back remove-project shop-r1',
      'back remove-project belay-proxy',
      'forward policy no shop-web-1',
      'forward current r1 -',
      'forward mark r1 good',
      'forward start shop-r1-web-1',
      'forward stop 10 shop-web-1',
      'forward remove shop-web-1',
      'forward tag sha256:1 belay/shop/web:r1',
    ])
  })
})
