import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { composeFile, HEALTH, PORT } from '../app.ts'
import type { Command, Ground, Way } from '../way.ts'

const PUBLISHED = { web: { ports: [`80:${PORT}`] } }

export const handWritten: Way = {
  name: 'script',
  about:
    'A shell script in the style people write: `scp` of the compose file, `docker compose down && ' +
    'docker compose up -d`, `sleep 10`, `curl` of the health page, and the file from before again ' +
    'where that fails; host after host (`tests/bench/peers/ways/deploy.sh`).',
  deploy: (ground, release) => byScript(ground, 'deploy.sh', composeFile(release, PUBLISHED)),
}

export const composeUp: Way = {
  name: 'compose up',
  about:
    '`scp` of the compose file and `docker compose up -d` over ssh; nobody looks whether it runs ' +
    '(`ways/compose-up.sh`).',
  deploy: (ground, release) => byScript(ground, 'compose-up.sh', composeFile(release, PUBLISHED)),
}

export function byScript(ground: Ground, script: string, compose: string): Promise<Command> {
  writeFileSync(join(ground.folder, 'compose.yaml'), compose)
  const hosts = ground.servers.map(
    ({ sshHost, httpPort }) => `${sshHost}=http://127.0.0.1:${httpPort}${HEALTH}`,
  )
  return Promise.resolve({
    argv: ['sh', resolve('tests/bench/peers/ways', script)],
    cwd: ground.folder,
    env: { HOSTS: hosts.join(' '), SSH_CONFIG: ground.sshConfig },
  })
}
