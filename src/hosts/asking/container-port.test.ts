import { describe, expect, test } from 'vitest'
import { findPort } from './container-port.ts'

interface Container {
  readonly running?: boolean
  readonly mode?: string
  readonly ports?: unknown
  readonly networks?: unknown
}

/** Looks for port 8000 of `web`, on a host with these containers. */
function find(
  containers: Readonly<Record<string, Container>>,
  wish: 'answer' | 'connection' = 'answer',
) {
  const run = (argv: readonly string[]) => {
    const {
      running = true,
      mode = 'shop_default',
      ports,
      networks,
    } = containers[argv.at(-1)!] ?? {}
    const code = Object.hasOwn(containers, argv.at(-1)!) ? 0 : 1
    const stdout = JSON.stringify({ running, mode, ports: ports ?? {}, networks: networks ?? {} })
    return Promise.resolve({ code, stdout, stderr: '' })
  }
  return findPort(run, { container: 'web', port: 8000, wish })
}

const published = (HostIp: string) => ({ '8000/tcp': [{ HostIp, HostPort: '8080' }] })
const networks = { shop_default: { IPAddress: '172.18.0.5' } }

describe("a container's port, asked without the proxy", () => {
  test.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['10.0.0.7', '10.0.0.7'],
  ])('must be asked where it is published (%s)', async (ip, address) => {
    const web = { ports: published(ip), networks }
    expect(await find({ web })).toEqual({ kind: 'port', address, port: 8080 })
  })

  test("must be asked by the container's own address when it is not published", async () => {
    const ports = { '8000/tcp': null, '9000/tcp': [{ HostIp: '0.0.0.0', HostPort: '9000' }] }
    const place = { kind: 'port', address: '172.18.0.5', port: 8000 }
    expect(await find({ web: { ports, networks } })).toEqual(place)
  })

  test('must be asked there too when any connection that is taken would count', async () => {
    const place = { kind: 'port', address: '172.18.0.5', port: 8000 }
    const web = { ports: published('0.0.0.0'), networks }
    expect(await find({ web }, 'connection')).toEqual(place)
  })

  test("must be the host's own on the host's network", async () => {
    const place = { kind: 'port', address: '127.0.0.1', port: 8000 }
    expect(await find({ web: { mode: 'host', networks: { host: { IPAddress: '' } } } })).toEqual(
      place,
    )
  })

  test('must be looked for at the container whose network it shares', async () => {
    const containers = { web: { mode: 'container:vpn' }, vpn: { ports: published('') } }
    expect(await find(containers)).toMatchObject({ address: '127.0.0.1', port: 8080 })
    expect(await find({ web: { mode: 'container:web' } })).toMatchObject({ why: 'no-way' })
  })

  test('must be told apart where nobody can be asked', async () => {
    expect(await find({})).toMatchObject({ why: 'no-such-name' })
    expect(await find({ web: { running: false } })).toMatchObject({ why: 'refused' })
    expect(await find({ web: { mode: 'none' } })).toMatchObject({ why: 'no-way' })
  })
})
