import { must } from '../lab/command.ts'
import { App, INSTANT_APP, type Stand } from './stand.ts'
import { mustRun } from './belay.ts'

const APP = 'floor'
const ROUTE = 'floor-production-web'
const FIRST = 'floor-production-r1'
const PORT = 8000

/**
 * The same work without any of the safety: what a good shell script on the server takes, called by
 * one ssh. Its first release, with the proxy's route to it, is made by Belay.
 */
export class Script {
  readonly #stand: Stand
  readonly #app: App
  #old = { container: `${FIRST}-web-1`, slot: 'a', project: FIRST }
  #number = 1

  constructor(stand: Stand) {
    this.#stand = stand
    this.#app = new App(stand, APP)
  }

  async prepare(): Promise<void> {
    this.#app.write('compose.yaml', { services: { web: INSTANT_APP } }).write('belay.yaml', {
      app: APP,
      compose: 'compose.yaml',
      proxy: { tls: 'off' },
      environments: { production: { hosts: [this.#stand.server.sshHost] } },
      services: { web: { routes: [{ domain: 'floor.test', port: PORT }], health: '/health' } },
    })
    await this.#app.commit()
    await mustRun(this.#app.at, ['deploy', '--yes'])
  }

  /** One deployment; resolves to how long it took, in milliseconds. */
  async run(): Promise<number> {
    this.#number += 1
    const old = this.#old
    const slot = old.slot === 'a' ? 'b' : 'a'
    const project = `floor-${this.#number}`
    const { server, lab } = this.#stand
    const file = `/root/${project}.json`
    await server.run(['sh', '-c', 'cat >"$1"', 'sh', file], { input: composeFile(slot) })
    const ssh = ['ssh', '-F', lab.sshConfig, server.sshHost, 'sh', '-s', '--']
    const words = [project, file, slot, old.slot, old.container]
    const begun = performance.now()
    await must([...ssh, ...words], { input: SCRIPT })
    const took = performance.now() - begun
    await server.sh(`docker compose -p ${old.project} down >/dev/null 2>&1; rm -f ${file}`)
    this.#old = { container: `${project}-web-1`, slot, project }
    return took
  }
}

function composeFile(slot: string): string {
  const alias = `${ROUTE}-${slot}`
  return JSON.stringify({
    services: {
      web: { ...INSTANT_APP, networks: { default: {}, belay: { aliases: [alias] } } },
    },
    networks: { belay: { external: true } },
  })
}

const SCRIPT = `
set -eu
project=$1 file=$2 slot=$3 old_slot=$4 old=$5
docker compose -p "$project" -f "$file" up -d --no-build --pull never >/dev/null 2>&1
docker exec belay-proxy-caddy-1 sh -c 'until wget -qO- --header "Belay-Upstream: $1" \\
  http://127.0.0.1:2020/health >/dev/null 2>&1; do sleep 0.05; done' sh "${ROUTE}-$slot:${PORT}"
cd /var/lib/belay/proxy/route/${ROUTE}
mv "$old_slot" "$slot"
docker exec belay-proxy-caddy-1 sh -c 'zeros=0; while [ "$zeros" -lt 2 ]; do
  case $(wget -qO- http://127.0.0.1:2020/reverse_proxy/upstreams) in
    *"\\"$1\\",\\"num_requests\\":0"*) zeros=$((zeros + 1)) ;;
    *) zeros=0 ;;
  esac; sleep 0.1; done' sh "${ROUTE}-$old_slot:${PORT}"
docker stop -t 10 "$old" >/dev/null
`
