import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { command } from './command.ts'
import { DelayProxy } from './delay.ts'
import { get } from './http.ts'
import { Lab } from './lab.ts'

let lab: Lab

beforeAll(async () => {
  lab = await Lab.up({ servers: 2 })
})
beforeEach(() => lab.clean())

function ssh(host: string, script: string, options: readonly string[] = []) {
  return command(['ssh', '-F', lab.sshConfig, ...options, host, script], { timeoutMs: 20_000 })
}

test('each user reaches each server over SSH with the rights that its name says', async () => {
  for (const { sshHost } of lab.servers) {
    expect((await ssh(sshHost, 'id -un')).stdout).toBe('root\n')
    expect((await ssh(`${sshHost}-deploy`, 'docker ps -q && id -un')).stdout).toBe('deploy\n')
    expect((await ssh(`${sshHost}-plain`, 'docker ps -q')).stderr).toContain('permission denied')
  }
})

test('a server has nothing that Belay may not count on', async () => {
  const present = await lab.server(1).sh('command -v curl wget node python3 git rsync jq || true')
  expect(present).toBe('')
})

test('a cleaned server keeps its images and forgets everything else', async () => {
  const server = lab.server(1)
  await server.loadImages(['busybox:stable', 'caddy:2.11.4'])
  await server.sh(`mkdir -p /var/lib/belay/shop
    docker network create leftover
    docker run -d --restart always --network leftover -v kept:/data busybox:stable sleep 1000`)
  await ssh('lab1', 'setsid sh -c "sleep 1000; true" </dev/null >/dev/null 2>&1 &')
  expect(await server.sh("pgrep -f '[s]leep 1000'")).not.toBe('')
  await server.clean()
  const left = await server.sh(`docker ps -aq; docker volume ls -q; ls /var/lib | grep belay
    docker network ls -q --filter type=custom; pgrep -f '[s]leep 1000'; true`)
  expect(left).toBe('')
  expect(await server.sh('docker image ls -q caddy:2.11.4')).not.toBe('')
})

test('a published app answers on the port of the server', async () => {
  const server = lab.server(1)
  await server.loadImage('belay-lab/app:1')
  await server.sh('docker run -d -p 80:8000 belay-lab/app:1')
  await expect.poll(() => versionOn(server.httpPort), { timeout: 10_000 }).toBe('1')
})

test('a server comes back from whatever a test does to it', async () => {
  const server = lab.server(2)
  await server.killDocker()
  await server.ready()
  await server.stopDocker()
  expect((await server.exec(['docker', 'ps'])).code).not.toBe(0)
  await server.startDocker()
  await server.kill()
  await server.start()
  await server.reboot()
  await server.stopSshd()
  expect((await ssh('lab2', 'true')).code).toBe(255)
  await server.pause()
  await server.clean()
  expect((await ssh('lab2', 'true')).code).toBe(0)
})

test('a delayed link is slower, a cut one is gone, a restored one works', async () => {
  const proxy = new DelayProxy({ port: lab.server(1).port, delayMs: 40 })
  const port = await proxy.listen()
  const through = ['-o', `Port=${port}`]
  try {
    const started = performance.now()
    expect((await ssh('lab1', 'echo through', through)).stdout).toBe('through\n')
    // A session needs more than five round trips of 80 ms each.
    expect(performance.now() - started).toBeGreaterThan(400)
    const cut = ssh('lab1', 'sleep 10', through)
    await wait(1500)
    proxy.cut()
    expect((await cut).code).toBe(255)
    expect((await ssh('lab1', 'true', through)).code).toBe(255)
    proxy.restore()
    expect((await ssh('lab1', 'true', through)).code).toBe(0)
  } finally {
    await proxy.close()
  }
})

async function versionOn(port: number): Promise<unknown> {
  return (await get(port))?.headers['x-version']
}
