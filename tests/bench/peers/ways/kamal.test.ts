import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Server } from '../../../lab/server.ts'
import { NotMeasured } from '../way.ts'
import { kamal } from './kamal.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-kamal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function groundOf(run: (argv: readonly string[]) => void) {
  const server = { sshHost: 'lab1', run: async (argv: readonly string[]) => run(argv) }
  return { servers: [server as unknown as Server], sshConfig: '/ssh', folder, belay: 'belay' }
}

test('Kamal must be told the release, its health page, and how the servers are reached', async () => {
  const ran: (readonly string[])[] = []
  const ground = groundOf((argv) => ran.push(argv))
  const command = await kamal('/opt/kamal').deploy(ground, { name: 'cut off', start: 'slowly' })
  expect(command.argv).toEqual(['/opt/kamal', 'deploy', '--skip-push', '--version', 'cut-off'])
  const config = JSON.parse(readFileSync(join(folder, 'config/deploy.yml'), 'utf8'))
  expect(config).toMatchObject({
    servers: { web: { hosts: ['lab1'] } },
    ssh: { user: 'root', config: ['/ssh'] },
    proxy: { app_port: 8000, healthcheck: { path: '/health' } },
    env: { clear: { VERSION: 'cut off', START_DELAY_MS: '5000' } },
  })
  expect(ran[0]).toContain('127.0.0.1:5000/shop:cut-off')
  expect(ran[0]).toContain('LABEL service=shop')
})

test('a Kamal that is not there must be told, with nothing changed', async () => {
  const ground = groundOf(() => expect.unreachable())
  await expect(kamal(join(folder, 'none')).prepare?.(ground)).rejects.toThrow(NotMeasured)
})
