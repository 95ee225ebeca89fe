import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { hostAt } from '../../src/hosts/host-at.ts'
import { hostContract } from '../contracts/host.suite.ts'
import { Lab } from '../lab/lab.ts'

const image = 'busybox:stable'

let lab: Lab
let apps = 0

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  await lab.clean()
  await lab.server(1).loadImage(image)
})
afterAll(async () => {
  await lab.clean()
})

hostContract('a real server', async () => {
  apps += 1
  const server = lab.server(1)
  const name = server.sshHost
  return {
    scope: { app: `contract${apps}`, environment: 'production' },
    image,
    link: () =>
      hostAt(
        { name, kind: 'ssh', destination: name },
        { env: { ...process.env }, sshConfig: lab.sshConfig },
      ),
    pass: (seconds) => wait(seconds * 1000),
    word: (container) => server.sh(`docker cp ${container}:/data/word - | tar -xO`),
    write: async (container, word) => {
      const written = ['sh', '-c', `echo '${word}' >/data/word; sync`]
      await server.run(['docker', 'exec', container, ...written])
    },
    end: () => Promise.resolve(),
  }
})
