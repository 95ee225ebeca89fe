import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Server } from '../../../lab/server.ts'
import { APP, HEALTH, partsOf, PORT, type Release } from '../app.ts'
import { type Ground, NotMeasured, type Way } from '../way.ts'

const REGISTRY = '127.0.0.1:5000'
const LOGIN = 'bench'
const REGISTRY_IMAGE = 'belay-lab/registry:1'

/**
 * Kamal pulls, so that each server has a registry of its own, as near as can be. Written from the
 * documentation and the source of Kamal 2.12, and not yet run with it.
 */
export function kamal(program: string): Way {
  return {
    name: 'Kamal',
    about:
      'The installed copy that `--kamal` names, called as `kamal deploy --skip-push`. It must pull ' +
      'its images, from a registry on each server itself; kamal-proxy comes from where Kamal has it.',
    async prepare({ servers }) {
      if (statSync(program, { throwIfNoEntry: false })?.isFile() !== true) {
        throw new NotMeasured(`there is no ${program}`)
      }
      for (const server of servers) {
        await server.loadImage(REGISTRY_IMAGE)
        await server.run(['sh', '-euc', OPEN_REGISTRY])
      }
    },
    async deploy(ground, release) {
      const version = release.name.replaceAll(' ', '-')
      for (const server of ground.servers) await offer(server, release, version)
      for (const folder of ['config', '.kamal']) {
        mkdirSync(join(ground.folder, folder), { recursive: true })
      }
      const config = JSON.stringify(configOf(ground, release), null, 2)
      writeFileSync(join(ground.folder, 'config/deploy.yml'), config)
      writeFileSync(join(ground.folder, '.kamal/secrets'), `KAMAL_REGISTRY_PASSWORD=${LOGIN}\n`)
      return {
        argv: [program, 'deploy', '--skip-push', '--version', version],
        cwd: ground.folder,
        env: {},
      }
    },
  }
}

/** The image that all use, under the name and with the label that Kamal looks for. */
async function offer(server: Server, release: Release, version: string): Promise<void> {
  const { image, command } = partsOf(release)
  const tag = `${REGISTRY}/${APP}:${version}`
  const changes = [`LABEL service=${APP}`, `CMD ${JSON.stringify(command)}`]
  await server.run(['sh', '-euc', OFFER, 'sh', image, tag, ...changes])
}

const OFFER = `
id=$(docker create "$1")
docker commit -c "$3" -c "$4" "$id" "$2" >/dev/null
docker rm "$id" >/dev/null
docker push -q "$2" >/dev/null
`

/** With a password, as Kamal logs in to what it pulls from. */
const OPEN_REGISTRY = `
docker run -d --name registry -p ${REGISTRY}:5000 \\
  -e REGISTRY_USER=${LOGIN} -e REGISTRY_PASSWORD=${LOGIN} ${REGISTRY_IMAGE} >/dev/null
tries=0
until echo ${LOGIN} | docker login -u ${LOGIN} --password-stdin ${REGISTRY} >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ]
  sleep 0.5
done
`

function configOf({ servers, sshConfig }: Ground, release: Release) {
  const { environment, volumes } = partsOf(release)
  return {
    service: APP,
    image: APP,
    servers: { web: { hosts: servers.map(({ sshHost }) => sshHost) } },
    registry: { server: REGISTRY, username: LOGIN, password: ['KAMAL_REGISTRY_PASSWORD'] },
    builder: { arch: process.arch === 'arm64' ? 'arm64' : 'amd64' },
    ssh: { user: 'root', config: [sshConfig] },
    proxy: { ssl: false, app_port: PORT, healthcheck: { path: HEALTH } },
    deploy_timeout: 30,
    env: { clear: environment },
    volumes,
  }
}
