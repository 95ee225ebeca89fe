import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { BackupTarget } from '../config/pipeline/backup-target.ts'
import { firstOf } from './backup.ts'
import { backupOf, BACKUPS, proofOf } from './index.ts'

const TARGETS: readonly BackupTarget[] = [
  { kind: 'postgres', name: 'db', service: 'db' },
  {
    kind: 'postgres',
    name: 'db',
    service: 'db',
    database: 'shop',
    user: 'app',
    passwordVariable: 'PW',
  },
  { kind: 'mysql', name: 'db', service: 'db' },
  {
    kind: 'mysql',
    name: 'db',
    service: 'db',
    database: 'shop',
    user: 'app',
    passwordVariable: 'PW',
  },
  { kind: 'redis', name: 'cache', service: 'cache' },
  { kind: 'redis', name: 'cache', service: 'cache', passwordVariable: 'PW' },
  { kind: 'sqlite', name: 'web', service: 'web', path: '/data/app.db' },
  { kind: 'volume', name: 'files', volume: 'files', pause: false },
]

/** What a script prints with this environment, where every program is a stand-in that tells of its call. */
function run(script: string, env: Record<string, string>): string {
  const programs = ['pg_dump', 'psql', 'mariadb', 'mariadb-dump']
  const tells = 'echo "$0 $*; $PGUSER/$PGDATABASE/$PGPASSWORD/$MYSQL_PWD"'
  const made = programs
    .map((name) => `printf '%s\\n' '#!/bin/sh' '${tells}' >$D/${name}`)
    .join('\n')
  const text = `D=$(mktemp -d); trap 'rm -rf $D' EXIT\n${made}\nchmod 755 $D/*; PATH=$D:$PATH\n(${script})`
  const ran = spawnSync('sh', ['-c', text], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  return `${String(ran.stdout)}${String(ran.stderr)}`.replaceAll(/\/tmp\/[^/]+\//g, '').trim()
}

const takes = (target: BackupTarget, env: Record<string, string>): string => {
  const { how } = backupOf(target).recipe(target)
  return how.way === 'script' ? run(how.script, env) : ''
}

describe('every kind of backup', () => {
  it.each(TARGETS)('has scripts that a shell can read, and a title: %j', (target) => {
    const { how, size } = backupOf(target).recipe(target)
    for (const script of [size, how.way === 'script' ? how.script : undefined]) {
      if (script === undefined) continue
      expect(spawnSync('sh', ['-n', '-c', script]).stderr.toString()).toBe('')
    }
    expect(backupOf(target).title(target)).toMatch(/db|cache|app|files/)
    expect(proofOf(target.kind)).toBe(BACKUPS[target.kind].proof)
  })
})

describe('the first of several variables', () => {
  it('is the first that is not empty, from a file too, or what stands in for it', () => {
    const asked = (env: Record<string, string>) =>
      run(`${firstOf('x', ['A', 'B'], 'else')}\necho "$x"`, env)
    expect(asked({ A: 'a b', B: 'b' })).toBe('a b')
    expect(asked({ A: '', B: "it's $HOME" })).toBe("it's $HOME")
    expect(asked({ A_FILE: '/dev/null', B: 'b' })).toBe('b')
    expect(asked({ B_FILE: '/proc/sys/kernel/ostype' })).toBe('Linux')
    expect(asked({})).toBe('else')
  })
})

describe('databases', () => {
  it('are read by who the container itself names, with the password in the environment alone', () => {
    const [plain, given, mysql, other] = TARGETS
    const env = { POSTGRES_USER: 'ann', POSTGRES_PASSWORD: 'geheim', PW: 'eigen' }
    expect(takes(plain!, env)).toBe('pg_dump --create --no-password; ann/ann/geheim/')
    expect(takes(given!, env)).toBe('pg_dump --create --no-password; app/shop/eigen/')
    const words = '--single-transaction --quick --routines --triggers --events --hex-blob'
    const maria = { MARIADB_DATABASE: 'shop', MARIADB_ROOT_PASSWORD: 'wurzel', PW: 'eigen' }
    expect(takes(mysql!, maria)).toBe(`mariadb-dump -u root ${words} shop; ///wurzel`)
    const user = { MARIADB_DATABASE: 'shop', MARIADB_USER: 'ann', MARIADB_PASSWORD: 'geheim' }
    expect(takes(mysql!, user)).toBe(`mariadb-dump -u ann ${words} shop; ///geheim`)
    expect(takes(other!, maria)).toBe(`mariadb-dump -u app ${words} shop; ///eigen`)
    expect(takes(mysql!, {})).toContain('the container names no database')
  })
})
