import type { StagedFile } from '../host.ts'

export interface ProxyOptions {
  /** Caddy 2.11.4 or newer: older ones fail held requests whose body is still arriving. */
  readonly image: string
  readonly httpPort: number
  readonly httpsPort: number
}

/**
 * The files of the host's proxy, `<root>/proxy`. Only the host knows where its root is, so the kit
 * hands the paths in: `BELAY_ROOT`, `BELAY_PROXY` (`<root>/proxy`), `BELAY_KIT` (its own file).
 */
export function proxyProject(options: ProxyOptions): readonly StagedFile[] {
  const compose = `${JSON.stringify(composeProject(options), null, 2)}\n`
  return [
    { path: 'compose.json', content: Buffer.from(compose), mode: 0o644 },
    { path: 'Caddyfile', content: Buffer.from(CADDYFILE), mode: 0o644 },
  ]
}

function composeProject(options: ProxyOptions): Readonly<Record<string, unknown>> {
  return {
    name: 'belay-proxy',
    services: { caddy: caddyService(options), watchdog: watchdogService(options.image) },
    networks: { belay: { name: 'belay' } },
    volumes: { caddy_data: {}, caddy_config: {} },
  }
}

function caddyService(options: ProxyOptions): Readonly<Record<string, unknown>> {
  return {
    image: options.image,
    container_name: 'belay-proxy-caddy-1',
    command: ['caddy', 'run', '--config', '/belay/Caddyfile', '--adapter', 'caddyfile'],
    restart: 'always',
    stop_grace_period: '40s',
    networks: ['belay'],
    // With a search domain that answers any name, a slot that is not up yet would resolve to it.
    dns_search: ['.'],
    // While requests are held for it, Docker asks the host's resolver for it, many times a second.
    // All wait for the same answer: one that was lost would otherwise hold them for 5 s.
    dns_opt: ['timeout:1', 'attempts:5'],
    ports: [
      published(80, options.httpPort, 'tcp'),
      published(443, options.httpsPort, 'tcp'),
      published(443, options.httpsPort, 'udp'),
    ],
    volumes: [
      // Folders, never files: a mounted file keeps showing the one that a rename replaced.
      bind(PROXY, '/belay', true),
      bind(`${PROXY}/run`, '/belay/run', false),
      { type: 'volume', source: 'caddy_data', target: '/data' },
      { type: 'volume', source: 'caddy_config', target: '/config' },
    ],
    logging: LOGGING,
    labels: { 'belay.role': 'proxy' },
  }
}

/** The small container that puts the old release back when nobody else is left to do it. */
function watchdogService(image: string): Readonly<Record<string, unknown>> {
  return {
    image,
    container_name: 'belay-proxy-watchdog-1',
    entrypoint: ['sh'],
    command: [KIT, 'watch-all'],
    restart: 'always',
    // It must bear SIGKILL at any moment, and a shell as the first process ignores SIGTERM.
    stop_signal: 'SIGKILL',
    network_mode: 'none',
    read_only: true,
    tmpfs: ['/tmp'],
    volumes: [bind(ROOT, ROOT, false)],
    logging: LOGGING,
    labels: { 'belay.role': 'watchdog' },
  }
}

/** Compose fills these in on the host. */
const [ROOT, PROXY, KIT] = ['${BELAY_ROOT}', '${BELAY_PROXY}', '${BELAY_KIT}']

const LOGGING = { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } }

function published(target: number, port: number, protocol: 'tcp' | 'udp'): unknown {
  return { mode: 'host', target, published: String(port), protocol }
}

function bind(source: string, target: string, readOnly: boolean): unknown {
  return { type: 'bind', source, target, read_only: readOnly, bind: { create_host_path: false } }
}

/**
 * The admin endpoint listens inside the container alone. What the host may ask goes through the
 * private listener: any upstream, named in a header, and the requests in flight to each. Whoever
 * only wants to know whether a port takes connections does not wait for an answer.
 * Full duplex: without it Go closes a request's body as soon as the answer begins, which may be an
 * instant before the transport has seen that body's end; it then drops the upstream connection, and
 * the answer is cut (39 of 7,992 requests on a busy machine, none of 10,753 with it).
 * `BELAY_SITES` lets the kit validate a folder of sites before it becomes the real one.
 */
const CADDYFILE = `# Written by Belay. Sites are in sites/, one file for each app.
{
	admin 127.0.0.1:2019
	grace_period 30s
	persist_config off
	skip_install_trust
	servers {
		trusted_proxies_unix
		enable_full_duplex
	}
}

http://:2020 {
	bind unix//belay/run/probe.sock|0666 127.0.0.1
	@named header_regexp upstream Belay-Upstream ^([A-Za-z0-9][A-Za-z0-9._-]*):([0-9]+)$
	@connect {
		header Belay-Probe connect
		header_regexp upstream Belay-Upstream ^([A-Za-z0-9][A-Za-z0-9._-]*):([0-9]+)$
	}
	@inflight path /reverse_proxy/upstreams
	route {
		reverse_proxy @connect {re.upstream.1}:{re.upstream.2} {
			header_up -Belay-*
			header_down -Belay-Error
			transport http {
				dial_timeout 1s
				response_header_timeout 500ms
				keepalive off
			}
		}
		reverse_proxy @named {re.upstream.1}:{re.upstream.2} {
			header_up -Belay-*
			header_down -Belay-Error
			flush_interval -1
			trusted_proxies private_ranges
			transport http {
				dial_timeout 1s
				keepalive off
				compression off
			}
		}
		reverse_proxy @inflight 127.0.0.1:2019 {
			header_up Host {upstream_hostport}
			header_up -Origin
		}
		respond "name an upstream in the header Belay-Upstream" 421
	}
	handle_errors {
		header Belay-Error {err.message}
		respond 502
	}
}

import {$BELAY_SITES:/belay/sites}/*.caddy

# Last, so that a site may take any name: what no site claims must not be answered 200.
:80 {
	respond 404
}
`
