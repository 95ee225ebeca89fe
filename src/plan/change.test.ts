import { describe, expect, it } from 'vitest'
import { observedOf, releaseOf, serviceOf } from '../../tests/support/releases.ts'
import { compare, driftOf } from './change.ts'

const r1 = releaseOf('r1', { fingerprint: 'same' })
const r2 = releaseOf('r2', { fingerprint: 'same' })

describe('whether there is anything to do', () => {
  it('must be nothing when the same runs as recorded', () => {
    expect(compare(r2, [observedOf('one', r1)])).toMatchObject({
      kind: 'nothing',
      because: 'r1 is the same and runs as recorded',
    })
  })

  it('must be the first where no release serves', () => {
    expect(compare(r2, [observedOf('one')]).kind).toBe('first')
  })

  it('must name the hosts that are behind', () => {
    const behind = observedOf('two', releaseOf('r0', { fingerprint: 'old' }))
    const change = compare(r2, [observedOf('one', r1), behind])
    expect(change.kind).toBe('replace')
    expect(change.because).toContain('on two')
  })

  it('must be a repair when a container was removed by hand', () => {
    const broken = observedOf('one', r1, { containers: [] })
    expect(compare(r2, [broken])).toMatchObject({
      kind: 'repair',
      because: 'one: shop-r1-web-1 is gone',
    })
  })

  it('must say that an image is yet to be built, and not its made-up name', () => {
    const old = releaseOf('r1', { fingerprint: 'old', services: [serviceOf('r1')] })
    const image = { ...serviceOf('r2').image, id: 'belay/shop/web:build-7526d8aca48a70e1' }
    const built = releaseOf('r2', { services: [serviceOf('r2', { image })] })
    const [change] = compare(built, [observedOf('one', old)]).services
    expect(change?.differs[0]).toMatch(/^image .+ → a new build$/)
  })

  it('must say what differs in each service, also in those that leave', () => {
    const old = releaseOf('r1', {
      fingerprint: 'old',
      services: [
        serviceOf('r1', { containers: ['shop-r1-web-1', 'shop-r1-web-2'] }),
        serviceOf('r1', { name: 'mailer' }),
      ],
    })
    const image = { reference: 'shop:2', id: 'sha256:2', keepTag: 't' }
    const now = releaseOf('r2', { services: [serviceOf('r2', { image, definition: 'd2' })] })
    expect(compare(now, [observedOf('one', old)]).services).toEqual([
      { service: 'web', differs: ['image 1 → 2', 'definition', 'replicas 2 → 1'] },
      { service: 'mailer', differs: ['leaves'] },
    ])
  })
})

describe('drift', () => {
  it('must be seen where requests go to another slot than the release is in', () => {
    const observed = observedOf('one', r1, { tokens: { 'shop-production-web': 'b' } })
    expect(driftOf(observed)).toEqual(['one: requests for web go to slot b, not a'])
  })

  it('must be seen where the record of what serves is gone', () => {
    const observed = observedOf('one', r1, { releases: [] })
    expect(driftOf(observed)).toEqual(['one: the folder of r1 is gone'])
  })
})
