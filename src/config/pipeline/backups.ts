import * as z from 'zod/mini'
import type { BackupRules, BackupTarget } from './backup-target.ts'
import { serviceName } from '../checks/service.ts'
import { described, duration, keyed, line, listOf, matching } from '../source/leaves.ts'
import { compact, optional, turned, variableName, whole, withDefault } from '../source/leaves.ts'

const DEFAULTS = {
  keep: '7d',
  keepAtLeast: 3,
  required: true,
  timeout: '30m',
  verify: 'read',
} as const

const KINDS = ['postgres', 'mysql', 'redis', 'sqlite', 'volume'] as const

export type BackupSettings = z.output<ReturnType<typeof backupSettings>>

/** The key `backup`: what is backed up. */
export function backupKey() {
  const allowed = 'a list is needed, such as [{ postgres: db }]'
  return withDefault(listOf(oneTarget(), allowed), [], {
    description:
      'What is backed up on each host before a deployment changes anything there, and by ' +
      '`belay backup create`. A deployment whose backup fails does not begin.',
    examples: [[{ postgres: 'db' }, { volume: 'uploads' }]],
  })
}

function oneTarget() {
  const allowed = `a backup has exactly one of: ${KINDS.join(', ')}`
  const kinds = keyed({
    postgres: optional(databaseTarget('postgres'), {
      description: 'A PostgreSQL database, by `pg_dump` in its own container.',
      examples: ['db'],
    }),
    mysql: optional(databaseTarget('mysql'), {
      description: 'A MySQL or MariaDB database, by the dump program of its own container.',
      examples: [{ service: 'db', database: 'shop' }],
    }),
    redis: optional(redisTarget(), {
      description: 'A Redis or Valkey server: its snapshot.',
      examples: ['cache'],
    }),
    sqlite: optional(sqliteTarget(), {
      description: 'An SQLite file, with what belongs to it.',
      examples: [{ service: 'web', path: '/data/app.db' }],
    }),
    volume: optional(volumeTarget(), {
      description: 'All files of a volume.',
      examples: ['uploads'],
    }),
  }).check(z.refine((written) => Object.keys(written).length === 1, { error: allowed }))
  const target = turned(kinds, (written): BackupTarget => {
    const [only] = Object.values(written).filter((one) => one !== undefined)
    if (only === undefined) throw new Error('a backup without a kind was let through')
    return only
  })
  return described(target, { id: 'backup', description: 'One thing that is backed up.' })
}

function databaseTarget<Kind extends 'postgres' | 'mysql'>(kind: Kind) {
  const allowed = `a service is needed, such as db, or { service: db, database: shop }`
  const plain = /^[A-Za-z0-9_][A-Za-z0-9_.$-]*$/
  const name = (of: string) =>
    matching(plain, `the name of a ${of} has only letters, digits and _ . $ -`)
  const keys = keyed({
    service: service('db'),
    name: ownName(),
    database: optional(name('database'), {
      description: "Which one. Left out, it is the one that the container's environment names.",
      examples: ['shop'],
    }),
    user: optional(name('user'), {
      description: "Who reads it. Left out, it is who the container's environment names.",
      examples: ['backup'],
    }),
    'password-variable': passwordVariable(),
    check: optional(line('a query of one line is needed'), {
      description:
        'A query that must give an answer after a restore. Left out, the tables are counted.',
      examples: ['select count(*) from orders'],
    }),
  })
  const short = turned(serviceNameOr(allowed), (only) => ({ service: only }))
  const both = z.union([keys, z.pipe(short, keys)], { error: allowed })
  return turned(both, (written) =>
    compact({
      kind,
      name: written.name ?? written.service,
      service: written.service,
      database: written.database,
      user: written.user,
      passwordVariable: written['password-variable'],
      check: written.check,
    }),
  )
}

function redisTarget() {
  const allowed = 'a service is needed, such as cache, or { service: cache }'
  const keys = keyed({
    service: service('cache'),
    name: ownName(),
    'password-variable': passwordVariable(),
  })
  const short = turned(serviceNameOr(allowed), (only) => ({ service: only }))
  const both = z.union([keys, z.pipe(short, keys)], { error: allowed })
  return turned(both, (written) =>
    compact({
      kind: 'redis' as const,
      name: written.name ?? written.service,
      service: written.service,
      passwordVariable: written['password-variable'],
    }),
  )
}

function sqliteTarget() {
  const path = matching(
    /^(\/[A-Za-z0-9_@%+=:,. -]*[A-Za-z0-9_-])+$/,
    'the path of a file inside the container is needed, such as /data/app.db',
  )
  const keys = keyed({
    service: service('web'),
    name: ownName(),
    path: described(path, {
      description: 'The file, inside the container; on a volume, as data is.',
      examples: ['/data/app.db'],
    }),
  })
  return turned(keys, ({ service: of, name = of, path: file }) => {
    return { kind: 'sqlite' as const, name, service: of, path: file }
  })
}

function volumeTarget() {
  const allowed = 'a volume is needed, such as uploads, or { volume: uploads, pause: true }'
  const volume = matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, allowed)
  const keys = keyed({
    volume: described(volume, {
      description: 'As the compose file calls it.',
      examples: ['uploads'],
    }),
    name: ownName(),
    pause: withDefault(z.boolean({ error: 'true or false is needed' }), false, {
      description: 'Halt what uses the volume while it is copied; requests wait for so long.',
      examples: [true],
    }),
  })
  const short = turned(volume, (only) => ({ volume: only }))
  const both = z.union([keys, z.pipe(short, keys)], { error: allowed })
  return turned(both, (written) => {
    const { volume: of, name = of, pause } = written
    return { kind: 'volume' as const, name, volume: of, pause }
  })
}

function service(example: string) {
  return described(serviceName(), {
    description: 'The service of the compose file.',
    examples: [example],
  })
}

function serviceNameOr(allowed: string) {
  return matching(/^[A-Za-z0-9._-]+$/, allowed)
}

function ownName() {
  const allowed = 'a name has lower-case letters, digits and - in it, and is at most 40 long'
  return optional(matching(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, allowed), {
    description: 'What its backups are called. Left out, it is the name of the service or volume.',
    examples: ['orders'],
  })
}

function passwordVariable() {
  return optional(variableName(), {
    description:
      "The variable of the container's own environment that holds the password, where it is not " +
      'the one that the official image uses.',
    examples: ['DB_PASSWORD'],
  })
}

/** The key `backups`: the rules for all of them. */
export function backupSettings() {
  const keys = keyed({
    keep: withDefault(duration('1h', '3650d'), DEFAULTS.keep, {
      description: 'For how long a backup is kept.',
      examples: ['30d'],
    }),
    'keep-at-least': withDefault(
      whole(1, 1000, 'a whole number from 1 to 1000 is needed'),
      DEFAULTS.keepAtLeast,
      {
        description: 'So many are kept of each, however old they are.',
        examples: [10],
      },
    ),
    required: withDefault(z.boolean({ error: 'true or false is needed' }), DEFAULTS.required, {
      description:
        '`true`: a deployment does not begin without its backup. `false`: it is told of, and goes on.',
      examples: [false],
    }),
    timeout: withDefault(duration('10s', '1d'), DEFAULTS.timeout, {
      description: 'When a backup that is not done yet is given up.',
      examples: ['2h'],
    }),
    verify: withDefault(
      z.enum(['read', 'restore'], { error: 'read or restore is needed' }),
      DEFAULTS.verify,
      {
        description:
          '`read`: a backup is read back to its end. `restore`: it is also restored into a ' +
          'throw-away container of the same image, and compared.',
        examples: ['restore'],
      },
    ),
  })
  const about = {
    description: 'How backups are made, and for how long they are kept.',
    examples: [{ keep: '30d' }],
  }
  return withDefault(keys, {}, about)
}

export function resolveBackups(written: BackupSettings): BackupRules {
  return {
    keepMs: written.keep,
    keepAtLeast: written['keep-at-least'],
    required: written.required,
    timeoutSeconds: Math.ceil(written.timeout / 1000),
    verify: written.verify,
  }
}
