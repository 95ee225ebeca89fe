import { describe, expect, it } from 'vitest'
import { proxyProject } from './caddy.ts'

const files = proxyProject({ image: 'caddy:2.11.4', httpPort: 8080, httpsPort: 8443 })
const text = (path: string): string =>
  Buffer.from(files.find((file) => file.path === path)?.content ?? []).toString()
interface Port {
  readonly published: string
  readonly target: number
  readonly protocol: string
}
const compose = JSON.parse(text('compose.json'))

describe("the proxy's project", () => {
  it('must be two files', () => {
    expect(files.map((file) => file.path)).toEqual(['compose.json', 'Caddyfile'])
  })

  it('must publish the ports that were asked for, HTTP/3 included', () => {
    const ports = compose.services.caddy.ports.map(
      (port: Port) => `${port.published}:${port.target}/${port.protocol}`,
    )
    expect(ports).toEqual(['8080:80/tcp', '8443:443/tcp', '8443:443/udp'])
  })

  it('must be able to read the tokens and not to change them', () => {
    const [proxy, run] = compose.services.caddy.volumes
    expect(proxy).toMatchObject({ source: '${BELAY_PROXY}', target: '/belay', read_only: true })
    expect(run).toMatchObject({ source: '${BELAY_PROXY}/run', target: '/belay/run' })
  })

  it('must find a slot as soon as it is there, whatever the host’s resolver does', () => {
    const { dns_search, dns_opt } = compose.services.caddy
    expect([dns_search, dns_opt]).toEqual([['.'], ['timeout:1', 'attempts:5']])
  })

  it('must outlive its grace for requests before Docker kills it', () => {
    expect(text('Caddyfile')).toContain('grace_period 30s')
    expect(compose.services.caddy.stop_grace_period).toBe('40s')
  })

  it('must give the watchdog the state at the same path, and no network', () => {
    expect(compose.services.watchdog).toMatchObject({
      network_mode: 'none',
      read_only: true,
      restart: 'always',
      entrypoint: ['sh'],
      command: ['${BELAY_KIT}', 'watch-all'],
    })
    const [state] = compose.services.watchdog.volumes
    expect(state).toMatchObject({ source: '${BELAY_ROOT}', target: '${BELAY_ROOT}' })
  })

  it('must keep the admin endpoint inside the container', () => {
    expect(text('Caddyfile')).toContain('admin 127.0.0.1:2019')
    const targets = compose.services.caddy.ports.map((port: Port) => port.target)
    expect(targets).not.toContain(2019)
  })
})
