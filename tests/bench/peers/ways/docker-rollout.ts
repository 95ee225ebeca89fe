import { readFileSync, statSync } from 'node:fs'
import { composeFile, HEALTH, PORT } from '../app.ts'
import { NotMeasured, type Way } from '../way.ts'
import { byScript } from './by-script.ts'

const PLUGIN = '/usr/local/lib/docker/cli-plugins/docker-rollout'

/** Caddy asks Docker's names who is there, and tries another where one does not take the call. */
const CADDYFILE = `
:80 {
  reverse_proxy {
    dynamic a web ${PORT} {
      refresh 500ms
    }
    lb_try_duration 10s
    lb_try_interval 100ms
  }
}
`

const PROXY = {
  caddy: {
    image: 'caddy:2.11.4',
    ports: ['80:80'],
    volumes: ['./Caddyfile:/etc/caddy/Caddyfile:ro'],
    restart: 'unless-stopped',
  },
}

const ASK = `fetch('http://localhost:${PORT}${HEALTH}').then(({ ok }) => process.exit(ok ? 0 : 1))`

/** It doubles a service and needs a health check of Docker's to know when that is ready. */
const CHECKED = {
  healthcheck: {
    test: ['CMD', 'node', '-e', ASK],
    interval: '1s',
    timeout: '5s',
    retries: 60,
  },
}

export function dockerRollout(plugin: string): Way {
  return {
    name: 'docker-rollout',
    about:
      'The installed copy that `--docker-rollout` names, called as `docker rollout --timeout 30 ' +
      'web`, host after host, behind a Caddy that finds the containers by name and tries another ' +
      'where one does not take the call; the app has a health check every second.',
    async prepare({ servers }) {
      if (statSync(plugin, { throwIfNoEntry: false })?.isFile() !== true) {
        throw new NotMeasured(`there is no ${plugin}`)
      }
      const program = readFileSync(plugin, 'utf8')
      const first = composeFile(
        { name: 'first', start: 'at once' },
        { web: CHECKED, services: PROXY },
      )
      for (const server of servers) {
        await server.sh(`mkdir -p ${PLUGIN.replace(/\/[^/]*$/, '')} /root/shop`)
        await server.sh(`cat >${PLUGIN} && chmod 755 ${PLUGIN}`, { input: program })
        await server.sh('cat >/root/shop/Caddyfile', { input: CADDYFILE })
        await server.sh('cat >/root/shop/compose.yaml', { input: first })
        await server.sh('cd /root/shop && docker compose up -d')
      }
    },
    deploy: (ground, release) =>
      byScript(ground, 'rollout.sh', composeFile(release, { web: CHECKED, services: PROXY })),
  }
}
