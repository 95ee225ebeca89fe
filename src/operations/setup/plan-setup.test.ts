import { describe, expect, it } from 'vitest'
import { readLogSettings } from './log-settings.ts'
import { readSetupLook } from './look.ts'
import { planSetup, type SetupWish } from './plan-setup.ts'

const BARE = `
user root
root yes
system debian 13 Debian GNU/Linux 13 (trixie)
apt yes
systemd yes
package docker.io 26.1.5+dfsg1-9+b12
package docker-cli 26.1.5+dfsg1-9+b12
package docker-compose 2.26.1-4
package iptables 1.8.11-2
package ufw 0.36.2-9
folder - absent /srv/data
daemon-json
ssh-port 2222
`
const READY = `
user root
root yes
system ubuntu 24.04 Ubuntu 24.04.2 LTS
apt yes
systemd yes
docker-cli yes
docker 28.1.0
running 3
boot enabled
compose 2.35.1
deploy-user /home/deploy
in-docker yes
key yes
folder 1001:1001:UNKNOWN:UNKNOWN full /srv/data
daemon-json eyJsb2ctb3B0cyI6eyJtYXgtc2l6ZSI6IjEwbSJ9fQ==
ssh-port 22
ufw yes
ufw-status active
ufw-port 22
ufw-port 80
`
const KEY = 'ssh-ed25519 AAAA ana@laptop'
const WISH: SetupWish = {
  deployUser: 'deploy',
  key: KEY,
  folders: [{ path: '/srv/data', owner: '1001' }],
  firewall: [80],
}
const planOf = (text: string, wish: Partial<SetupWish> = {}) =>
  planSetup(readSetupLook(text), { ...WISH, ...wish })
const saidOf = (text: string, wish: Partial<SetupWish> = {}) =>
  planOf(text, wish).map(({ about, state }) => `${about} ${state}`)
const stepOf = (about: string, text: string, wish: Partial<SetupWish> = {}) =>
  planOf(text, wish).find((step) => step.about === about)
const without = (text: string, ...words: readonly string[]) =>
  text
    .split('\n')
    .filter((line) => !words.some((word) => line.startsWith(word)))
    .join('\n')

describe('the plan of a setup', () => {
  it('sees to bounds for logs before Docker is there, and to the firewall last', () => {
    expect(saidOf(BARE)).toEqual([
      'logs do',
      'docker do',
      'compose do',
      'deploy-user do',
      'folder do',
      'firewall do',
    ])
  })
  it('does nothing where all is there', () => {
    const states = planOf(READY).map(({ state }) => state)
    expect(new Set(states)).toEqual(new Set(['there']))
    expect(states).toHaveLength(7)
  })
  it("takes Docker's command line and Compose from the packages that the system has", () => {
    const installed = (text: string) =>
      planOf(text).flatMap((step) =>
        step.state === 'do' ? step.acts.filter(({ verb }) => verb === 'install_packages') : [],
      )
    expect(installed(BARE).map(({ words }) => words.join(' '))).toEqual(
      ['docker.io docker-cli iptables', 'docker-compose'].concat(['ufw']),
    )
    const ubuntu = `${without(BARE, 'package docker-c')}package docker-compose-v2 2.24.6\n`
    expect(installed(ubuntu).map(({ words }) => words.join(' '))).toEqual([
      'docker.io iptables',
      'docker-compose-v2',
      'ufw',
    ])
  })
  it('does not take Compose 1 for Compose, and says the way', () => {
    const bookworm = BARE.replace('docker-compose 2.26.1-4', 'docker-compose 1.29.2-3')
    expect(stepOf('compose', bookworm)).toMatchObject({
      state: 'cannot',
      what: expect.stringContaining('has no package of Compose 2'),
      because: expect.stringContaining('https://docs.docker.com/engine/install/debian/'),
    })
  })
  it('says why nothing can be installed', () => {
    expect(stepOf('docker', without(BARE, 'apt'))?.what).toContain('has no apt-get')
    const cut = `${without(BARE, 'package')}lists failed\n`
    expect(stepOf('docker', cut)).toMatchObject({
      state: 'cannot',
      because: expect.stringContaining('apt-get update fails'),
    })
  })
  it('never closes the port that SSH is reached on', () => {
    const step = stepOf('firewall', BARE)
    expect(step).toMatchObject({
      state: 'do',
      acts: [{}, { verb: 'firewall', words: ['80', '2222'] }],
    })
    expect(stepOf('firewall', without(BARE, 'ssh-port'))?.state).toBe('cannot')
    expect(stepOf('firewall', READY.replace('ssh-port 22', 'ssh-port 2200'))).toMatchObject({
      state: 'do',
      what: 'let in 80, 2200',
    })
  })
  it("leaves a firewall of somebody else's as it is", () => {
    expect(stepOf('firewall', `${BARE}foreign nftables\n`)).toMatchObject({
      state: 'left',
      because: 'see that it lets in: 80, 2222',
    })
  })
  it('touches no firewall that was not asked for', () => {
    expect(stepOf('firewall', BARE, { firewall: [] })).toBeUndefined()
  })
  it('gives no folder with something in it to another owner', () => {
    const folder = (line: string) =>
      stepOf('folder', `${without(READY, 'folder')}folder ${line} /srv/data\n`)?.state
    expect(folder('0:0:root:root full')).toBe('left')
    expect(folder('0:0:root:root empty')).toBe('do')
    expect(folder('- file')).toBe('cannot')
    expect(folder('1001:5:app:games full')).toBe('there')
  })
  it('knows an owner by number or name, with a group or without', () => {
    const isThere = (owner: string) =>
      stepOf('folder', READY.replace('UNKNOWN:UNKNOWN', 'app:staff'), {
        folders: [{ path: '/srv/data', owner }],
      })?.state === 'there'
    expect(['1001', 'app', '1001:1001', 'app:staff'].map(isThere)).toEqual([true, true, true, true])
    expect(['1002', 'app:1002'].map(isThere)).toEqual([false, false])
  })
  it('makes no user who could not log in', () => {
    expect(stepOf('deploy-user', BARE, { key: undefined })).toMatchObject({ state: 'cannot' })
    const some = READY.replace('key yes', 'key some')
    expect(stepOf('deploy-user', some, { key: undefined })?.state).toBe('there')
  })
  it('adds only what a user lacks', () => {
    expect(stepOf('deploy-user', without(READY, 'in-docker'))).toMatchObject({
      what: 'put deploy into the group docker',
      acts: [{ words: ['deploy'], input: '' }],
    })
    expect(stepOf('deploy-user', without(READY, 'key'))).toMatchObject({
      what: 'let your public key in',
      acts: [{ input: KEY }],
    })
  })
  it('restarts Docker for its settings only where nothing runs', () => {
    const plain = READY.replace(/daemon-json .*/, 'daemon-json')
    const verbs = (text: string) => {
      const step = stepOf('logs', text)
      return step?.state === 'do' ? step.acts.map(({ verb }) => verb) : []
    }
    expect(verbs(plain)).toEqual(['daemon_json'])
    expect(stepOf('logs', plain)?.what).toContain('left to you')
    expect(verbs(plain.replace('running 3', 'running 0'))).toEqual([
      'daemon_json',
      'restart_docker',
    ])
  })
  it('has Docker start with the server', () => {
    expect(stepOf('boot', READY.replace('boot enabled', 'boot disabled'))).toMatchObject({
      state: 'do',
      acts: [{ verb: 'start_docker' }],
    })
  })
})

describe('the settings of Docker', () => {
  it('are added to, and nothing in them is lost', () => {
    const text = '{ "debug": true, "log-opts": { "labels": "a" }, "registry-mirrors": ["x"] }'
    const merged = readLogSettings(text)
    expect(merged.kind === 'unbounded' ? JSON.parse(merged.merged) : merged).toEqual({
      debug: true,
      'registry-mirrors': ['x'],
      'log-driver': 'json-file',
      'log-opts': { labels: 'a', 'max-size': '100m', 'max-file': '5' },
    })
  })
  it.each([
    '{ "log-driver": "journald" }',
    '{ "log-driver": "local" }',
    '{ "log-opts": { "max-size": "10m" } }',
  ])('are left alone where logs are bounded: %s', (text) => {
    expect(readLogSettings(text).kind).toBe('bounded')
  })
  it.each(['{', '[]', 'null', '{ "log-driver": 5 }', '{ "log-opts": "x" }'])(
    'are left alone where they cannot be read: %s',
    (text) => {
      expect(readLogSettings(text).kind).toBe('unreadable')
    },
  )
})
