import { describe, expect, it } from 'vitest'
import type { ComposeParcel } from '../../../src/hosts/host.ts'
import { type Bench } from './bench.ts'

/** What a host does for a deployer without Docker. */
export function compose(bench: () => Bench): void {
  describe('compose files of another machine', () => {
    it('come back as one model, which names that machine’s paths', async () => {
      const web = { image: 'shop:${TAG}', volumes: [{ type: 'bind', source: './d', target: '/d' }] }
      const { code, stdout } = await asked(bench(), { services: { web } })
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        name: 'shop',
        services: { web: { image: 'shop:v7', volumes: [{ source: '/home/ann/the app/d' }] } },
      })
    })

    it('that compose refuses are named as they are called there', async () => {
      const { code, stderr } = await asked(bench(), { services: { web: { imag: 'shop' } } })
      expect(code).not.toBe(0)
      expect(stderr).toContain('/home/ann/the app/compose.yaml')
      expect(stderr).not.toContain('/root/home')
    })

    it('that are missing are named too', async () => {
      const { code, stderr } = await asked(bench(), undefined)
      expect(code).not.toBe(0)
      expect(stderr).toContain('open /home/ann/the app/compose.yaml')
    })

    it('change nothing that can be seen', async () => {
      const host = await bench().connected()
      const { facts: _, ...before } = await host.observe()
      await host.composeConfig(parcel({ services: { web: { image: 'shop' } } }))
      const { facts: __, ...after } = await host.observe()
      expect(after).toEqual(before)
    })
  })
}

async function asked(bench: Bench, file: unknown) {
  const host = await bench.connected()
  return host.composeConfig(parcel(file))
}

function parcel(file: unknown): ComposeParcel {
  const path = '/home/ann/the app/compose.yaml'
  const content = new TextEncoder().encode(JSON.stringify(file))
  return {
    project: 'shop',
    files: [path],
    profiles: [],
    contents: file === undefined ? [] : [{ path, content }],
    folders: [],
    values: { TAG: 'v7' },
    home: '/home/ann',
  }
}
