import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf, serviceOf } from '../../../tests/support/releases.ts'
import type { Observed, ObservedContainer } from '../../plan/observed.ts'
import { driftOf } from './drift.ts'

const r42 = releaseOf('r42', { accessories: ['db'] })
const web = containerOf('shop-r42-web-1', { release: r42, service: 'web-r42' })
const db = containerOf('shop-db-1', { service: 'db', project: 'shop' })
const here = { app: 'shop', environment: 'production' }

function drift(over: Partial<Observed>): string[] {
  return driftOf(observedOf('a', r42, { containers: [web, db], ...over }), here)
}

function withWeb(over: Partial<ObservedContainer>): string[] {
  return drift({ containers: [{ ...web, ...over }, db] })
}

describe('drift', () => {
  it('is none where everything runs as recorded', () => {
    expect(drift({})).toEqual([])
  })
  it('is none on a host where nothing was deployed and nothing of ours runs', () => {
    expect(driftOf(observedOf('a'), here)).toEqual([])
  })
  it('tells a container that is gone, stopped or unhealthy', () => {
    expect(drift({ containers: [db] })).toEqual(['web: the container shop-r42-web-1 is missing'])
    expect(withWeb({ state: 'exited', exitCode: 137 })).toEqual([
      'web: shop-r42-web-1 is exited (code 137)',
    ])
    expect(withWeb({ health: 'unhealthy' })).toEqual(['web: shop-r42-web-1 is unhealthy'])
  })
  it('tells another image than the one that was proved', () => {
    expect(withWeb({ imageId: 'sha256:2' })[0]).toContain('another image')
  })
  it('tells a container that a reboot would not bring back', () => {
    expect(withWeb({ restartPolicy: 'no' })[0]).toContain('would not come back after a reboot')
  })
  it('tells requests that go elsewhere, or nowhere', () => {
    expect(drift({ tokens: { 'shop-production-web': 'b' } })).toEqual([
      'web: requests go to slot b, but r42 is in a',
    ])
    expect(drift({ tokens: {} })).toEqual(['web: no token says where its requests go'])
  })
  it('tells an accessory that is gone or stopped', () => {
    expect(drift({ containers: [web] })).toEqual(['db: it has no container'])
    expect(drift({ containers: [web, { ...db, state: 'exited' }] })).toEqual([
      'db: shop-db-1 is exited (code 0)',
    ])
  })
  it('tells a proxy that does not run, where one is needed', () => {
    const proxy = { running: false, sites: {}, claims: {}, takenPorts: [] }
    expect(drift({ proxy })).toEqual(['the proxy does not run: no request gets in'])
    const worker = releaseOf('r1', { services: [workerOf()] })
    expect(driftOf(observedOf('a', worker, { proxy }), here)).toEqual([])
  })
  it('tells what still runs of another release, but not of another app', () => {
    const old = containerOf('shop-r41-web-1', { release: releaseOf('r41'), service: 'web-r41' })
    expect(drift({ containers: [web, db, old] })).toEqual(['shop-r41-web-1 of r41 still runs'])
    expect(drift({ containers: [web, db, { ...old, environment: 'staging' }] })).toEqual([])
    expect(drift({ containers: [web, db, { ...old, state: 'exited' }] })).toEqual([])
  })
  it('tells what somebody started by hand beside the release', () => {
    const byHand = containerOf('shop-web-1', { service: 'web', project: 'shop' })
    expect(drift({ containers: [web, db, byHand] })[0]).toContain('outside of any release')
  })
  it('does not mistake a run that is under way for drift', () => {
    const armed = {
      run: 'x',
      epoch: 3,
      release: 'r43',
      previous: 'r42',
      anchor: 'a',
      watchdog: 'setsid',
    }
    const next = containerOf('shop-r43-web-1', { release: releaseOf('r43'), service: 'web-r43' })
    const tokens = { 'shop-production-web': 'b' }
    const decision = { state: 'pending', armed } as const
    expect(drift({ decision, tokens, containers: [web, db, next] })).toEqual([])
  })
  it('tells a release whose record is gone', () => {
    expect(drift({ releases: [] })).toEqual(['r42 should serve, but its record is gone'])
  })
})

function workerOf() {
  const { routeKey: _, slotKey: __, ...worker } = serviceOf('r1', { routes: [] })
  return worker
}
