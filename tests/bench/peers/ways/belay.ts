import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../../../lab/command.ts'
import { APP, composeFile, HEALTH, PORT } from '../app.ts'
import type { Way } from '../way.ts'

export const belay: Way = {
  name: 'Belay',
  about: '`belay deploy --yes --wait 2m`, as CI calls it, with the settings of a new app.',
  deploy: async ({ servers, sshConfig, folder, belay: program }, release) => {
    const config = {
      app: APP,
      compose: 'compose.yaml',
      environments: { production: { hosts: servers.map(({ sshHost }) => sshHost) } },
      services: {
        web: {
          routes: [{ domain: '*', port: PORT }],
          health: HEALTH,
          'start-timeout': '30s',
        },
      },
    }
    writeFileSync(join(folder, 'belay.yaml'), JSON.stringify(config, null, 2))
    writeFileSync(join(folder, 'compose.yaml'), composeFile(release))
    await commit(folder)
    return {
      argv: [process.execPath, program, 'deploy', '--yes', '--wait', '2m'],
      cwd: folder,
      env: { BELAY_SSH_CONFIG: sshConfig },
    }
  },
}

async function commit(folder: string): Promise<void> {
  const name = ['-c', 'user.name=Belay', '-c', 'user.email=belay@example.com']
  const git = ['git', '-C', folder, ...name, '-c', 'commit.gpgsign=false']
  await must([...git, 'init', '--quiet', '--initial-branch', 'main'])
  await must([...git, 'add', '--all'])
  await must([...git, 'commit', '--quiet', '--allow-empty', '--message', 'a change'])
}
