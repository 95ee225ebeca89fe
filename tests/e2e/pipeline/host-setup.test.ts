import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Desk } from '../../cli/belay.ts'
import { get } from '../../lab/http.ts'
import { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'

/** From a server that has sshd alone to one that serves. */

const CONFIG = `
app: notes
environments:
  production: { hosts: [lab9-deploy] }
setup:
  deploy-user: deploy
  folders:
    - { path: /srv/notes/data, owner: 1001 }
    - { path: /srv/theirs, owner: 1001 }
  firewall: [80, 443]
services:
  web: { routes: [{ domain: "*", port: 8000 }], health: /index.html }
`
const COMPOSE = `
services:
  web:
    image: busybox:stable
    command: [sh, -c, "echo up >/data/index.html && exec httpd -f -p 8000 -h /data"]
    user: "1001"
    stop_grace_period: 1s
    volumes: [/srv/notes/data:/data]
`

let server: Server
let desk: Desk

beforeAll(async () => {
  const lab = await Lab.bare()
  server = lab.server(1)
  await server.sh(`mkdir -p /etc/docker /srv/theirs && echo kept >/srv/theirs/file
    echo '{ "debug": false, "log-opts": { "labels": "theirs" } }' >/etc/docker/daemon.json`)
  desk = new Desk(lab.env)
  desk.write({ 'belay.yaml': CONFIG, 'compose.yaml': COMPOSE })
})
afterAll(() => desk?.remove())

/** Everything that setting up could change. */
const state = (): Promise<string> =>
  server.sh(`export LC_ALL=C; dpkg -l | sha256sum; getent passwd; getent group
    find /etc /srv /home /root /var/lib/apt -path /etc/mtab -prune -o -type f -printf '%p %T@ %m %U\\n' | sort
    stat -c '%n %U %a' /srv/*; ls /usr/sbin/ufw 2>&1 || :`)

describe('a bare server', () => {
  it('is shown what would be done, and nothing of it is done', async () => {
    const before = await state()
    const { code, stdout } = await desk.belay(['host', 'setup', '--as', 'root', '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/lab9-deploy · Debian GNU\/Linux 13 \(trixie\), as root/)
    expect(stdout).toMatch(/do {5}install docker\.io, docker-cli, iptables \(26\./)
    expect(stdout).toMatch(/do {5}install docker-compose \(2\./)
    expect(stdout).toContain('make the user deploy, put deploy into the group docker')
    expect(stdout).toContain('deploy may use Docker, which equals root on that server')
    expect(stdout).toContain('do     make /srv/notes/data for 1001')
    expect(stdout).toContain(
      'left   /srv/theirs has something in it and belongs to root, not to 1001',
    )
    expect(stdout).toContain('let in 22, 80, 443, close all other ports')
    expect(stdout).toContain('Nothing was touched yet.')
    expect(await state()).toBe(before)
  })

  it('is left alone by somebody who may not become root', async () => {
    const before = await state()
    const argv = ['host', 'setup', '--as', 'nobodydocker', '--yes']
    const { code, stderr } = await desk.belay(argv)
    expect(code).toBe(3)
    expect(stderr).toContain('nobodydocker on lab9-deploy is not root')
    expect(stderr).toContain('--as root')
    expect(await state()).toBe(before)
  })

  it('is left alone where nobody can be asked', async () => {
    const { code, stderr } = await desk.belay(['host', 'setup', '--as', 'root'])
    expect(code).toBe(3)
    expect(stderr).toContain('--yes')
  })

  it('is examined: the doctor says what is missing, and that it can be set up', async () => {
    const { code, stdout } = await desk.belay(['host', 'doctor'])
    expect(code).toBe(3)
    expect(stdout).toContain('problem')
    expect(stdout).not.toContain('ready')
  })

  it('gets all that it needs, with sudo, and keeps what it had', async () => {
    const { code, stdout, stderr } = await desk.belay(['host', 'setup', '--as', 'ana', '--yes'])
    expect(stderr).not.toContain('error')
    expect(code).toBe(0)
    expect(stdout).toContain('Done.')
    expect(stdout).toContain('there  Docker 26.')
    expect(JSON.parse(await server.sh('cat /etc/docker/daemon.json'))).toEqual({
      debug: false,
      'log-driver': 'json-file',
      'log-opts': { labels: 'theirs', 'max-size': '100m', 'max-file': '5' },
    })
    expect(await server.sh('stat -c "%u %a" /srv/notes/data')).toBe('1001 750')
    expect(await server.sh('stat -c %u /srv/theirs; cat /srv/theirs/file')).toBe('0\nkept')
    expect(await server.sh('su deploy -c "docker compose version --short"')).toMatch(/^2\./)
    expect(await server.sh('stat -c "%U %a" /home/deploy/.ssh/authorized_keys')).toBe('deploy 600')
    const rules = await server.sh('ufw status')
    expect(rules).toContain('Status: active')
    for (const port of [22, 80, 443]) expect(rules).toMatch(new RegExp(`^${port}/tcp +ALLOW`, 'm'))
  })

  it('is not changed by a second run, which says so', async () => {
    const before = await state()
    const { code, stdout } = await desk.belay(['host', 'setup', '--as', 'ana', '--yes'])
    expect(code).toBe(0)
    expect(stdout).toContain('There is nothing to do')
    expect(stdout).not.toMatch(/^ {2}do /m)
    expect(await state()).toBe(before)
  })

  it('keeps its firewall: whoever closed it got in again', async () => {
    expect(await server.sh('ls /run/belay-setup')).toBe('kept')
  })

  it('is healthy, and is deployed to by the user that was made', async () => {
    const doctor = await desk.belay(['host', 'doctor'])
    expect(doctor.stdout).not.toContain('problem')
    expect(doctor.code).toBe(0)
    await server.loadImages(['busybox:stable', 'caddy:2.11.4'])
    const { code, text } = await desk.belay(['deploy', '--yes'])
    expect(text).toContain('r1')
    expect(code).toBe(0)
    expect((await get(server.httpPort, '/index.html'))?.body).toBe('up\n')
    const after = await desk.belay(['host', 'doctor'])
    expect(after.stdout).toContain(
      'may gain privileges (security_opt: [no-new-privileges:true]): web; keeps all capabilities',
    )
    expect(after.stdout).not.toContain('runs as root')
  })
})
