import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { meansOf, subjectOf } from '../../tests/support/looks.ts'
import type { ResourcesSettings } from '../config/checks/resources.ts'
import { readUse, USE_SCRIPT } from './asking/use.ts'
import { resources } from './resources.ts'

const SERVICE = 'cores 4\ndisk 71%\nmemory 1000 250\ncontainer shop-r2-web-1 81.20% 120.00%\n'
const HOST = 'cores 2\ndisk 71%\nmemory 1000 250\ncpu 1000 600 1200 700\n'

const find = (over: Partial<ResourcesSettings>, stdout: string, code = 0) => {
  const run = async () => ({ code, stdout, stderr: code === 0 ? '' : 'no docker' })
  const settings: ResourcesSettings = { of: 'service', timeoutMs: 5000, ...over }
  return resources.find!(meansOf({ run }), settings, subjectOf())!
}

describe('what is taken of a host', () => {
  it('must be read in shares of the whole', () => {
    expect(readUse(HOST)).toEqual({ disk: 71, memory: 75, cpu: 50, containers: {} })
    expect(readUse(SERVICE).containers).toEqual({ 'shop-r2-web-1': { memory: 81.2, cpu: 30 } })
  })

  it('must be told where it is more than it may be, all of it', async () => {
    expect(await find({ memory: 80, cpu: 25, disk: 90 }, SERVICE)).toMatchObject({
      verdict: 'fail',
      differences: [
        { what: 'memory of shop-r2-web-1', expected: 'at most 80%', got: '81.2%' },
        { what: 'cpu of shop-r2-web-1', expected: 'at most 25%', got: '30%' },
      ],
    })
    expect(await find({ of: 'host', memory: 74 }, HOST)).toMatchObject({ verdict: 'fail' })
    expect(await find({ of: 'host', memory: 75, cpu: 50, disk: 71 }, HOST)).toMatchObject({
      verdict: 'pass',
    })
  })

  it('must not be good because it could not be measured', async () => {
    expect(await find({ memory: 80 }, 'cores 4\n')).toMatchObject({ verdict: 'unknown' })
    expect(await find({ memory: 80 }, '', 1)).toMatchObject({
      verdict: 'unknown',
      evidence: ['no docker'],
    })
  })

  it('must be measured by any POSIX shell of a Linux host', () => {
    const use = readUse(execFileSync('sh', ['-c', USE_SCRIPT, 'sh', '5'], { encoding: 'utf8' }))
    for (const share of [use.disk, use.memory, use.cpu]) {
      expect(share).toBeGreaterThanOrEqual(0)
      expect(share).toBeLessThanOrEqual(100)
    }
  })
})
