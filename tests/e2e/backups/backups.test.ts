import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupRecord } from '../../../src/plan/backup.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  type App,
  failures,
  finished,
  freshLab,
  IMAGES,
  page,
  type Ran,
  visit,
} from '../deploy/scenario.ts'
import { running, serving, stateOf } from '../deploy/server-state.ts'
import { compose, configure, DATA_IMAGES, Data, dataApp, ends } from './data-app.ts'

let lab: Lab
let server: Server
let app: App
let data: Data

const FOLDER = `${stateOf('shop')}/backups`
const belay = (...argv: readonly string[]) => app.belay(...argv, '--json')

beforeAll(async () => {
  lab = await freshLab([...IMAGES, ...DATA_IMAGES])
  server = lab.server(1)
  app = dataApp(lab)
  data = new Data(server)
  await ends(0, belay('deploy', '--yes'))
  await data.write(1, 'one')
})
afterAll(() => app.remove())

function records(ran: Ran): readonly BackupRecord[] {
  return ran.events.flatMap((event) => {
    if (event.type !== 'answer' || event.of !== 'backups') return []
    return (event.data as { hosts: { backups: readonly BackupRecord[] }[] }).hosts[0]?.backups ?? []
  })
}

const NAMES = ['cache', 'db', 'orders', 'uploads', 'web']
const namesOf = (list: readonly BackupRecord[]) => list.map(({ about }) => about.name).sort()

describe('a backup', () => {
  test('must be made of every kind of data, packed, closed to others, and read back', async () => {
    const made = records(await ends(0, belay('backup', 'create')))
    expect(namesOf(made)).toEqual(NAMES)
    for (const { verified, damaged, about } of made) {
      expect({
        verified: verified?.how,
        damaged,
        purpose: about.purpose,
        release: about.release,
      }).toEqual({ verified: 'read', damaged: false, purpose: 'by-hand', release: 'r1' })
    }
    const modes = await server.sh(`stat -c %a ${FOLDER}; stat -c %a ${FOLDER}/*.gz | sort -u`)
    expect(modes).toBe('700\n600')
    const read = (name: string) => server.sh(`gzip -dc ${FOLDER}/*-${name}.*.gz`)
    expect(await read('db')).toContain('1\tone')
    expect(await read('orders')).toContain("(1,'one')")
    const files = (name: string) => server.sh(`tar -tvzf ${FOLDER}/*-${name}.tar.gz`)
    expect(await files('web')).toContain('app.db')
    expect(await files('uploads')).toContain('33/44')
    expect(await server.sh(`gzip -dc ${FOLDER}/*-cache.rdb.gz | head -c 5`)).toBe('REDIS')
    expect(await server.sh("docker ps -a --format '{{.Names}} {{.Status}}'")).not.toMatch(
      /Paused|belay-copy/,
    )
    expect(await server.sh(`ls -A ${FOLDER} | grep -c -e part -e spool || :`)).toBe('0')
    const told = await app.belay('backup', 'list')
    expect(told.stdout).toMatch(/the database of db +\d+s ago +\d+ kB +\d+s ago +by hand/)
  })
})

describe('a deployment', () => {
  const before = () => serving(server)
  const backedUp = (ran: Ran) =>
    ran.events.flatMap((event) =>
      event.type === 'noted' && event.about === 'backup'
        ? [(event.details as { backup: string }).backup]
        : [],
    )

  test('must back up first, say so in its plan, and name the backups in history and receipt', async () => {
    await data.write(2, 'two')
    compose(app, page('two'))
    const shown = await app.belay('plan')
    expect(shown.stdout).toContain('the database of db, the database of maria, the data of cache')
    const ran = await ends(0, belay('deploy', '--yes'))
    const made = backedUp(ran)
    expect(new Set(made.map((id) => id.split('-')[2]))).toEqual(new Set(NAMES))
    const types = ran.events.map((event) =>
      event.type === 'step-started' ? event.step : event.type,
    )
    expect(types.indexOf('noted')).toBeLessThan(types.indexOf('start'))
    const list = records(await ends(0, belay('backup', 'list')))
    const [newest] = list
    expect(newest?.about).toMatchObject({ purpose: 'deploy', release: 'r1', before: 'r2' })
    for (const argv of [['history'], ['show']]) {
      const { stdout } = await app.belay(...argv)
      for (const id of made) expect(stdout).toContain(id)
    }
    expect(await visit(server)).toBe('200 two')
  })

  test('must not begin where its backup fails, unless that was allowed', async () => {
    compose(app, page('three'))
    const then = await before()
    await server.sh('docker stop -t 5 shop-production-maria-1')
    const stopped = await before()
    const ran = await ends(3, belay('deploy', '--yes'))
    expect(failures(ran)).toEqual(['BACKUP_FAILED'])
    expect(JSON.stringify(ran.events.at(-1))).toContain(
      'shop-production-maria-1 does not run: it is exited',
    )
    expect(await before()).toBe(stopped)
    expect(await visit(server)).toBe('200 two')
    await server.sh('docker start shop-production-maria-1')
    configure(app, { backup: [{ postgres: { service: 'db', database: 'nobody' } }] })
    const wrong = await ends(3, belay('deploy', '--yes'))
    expect(JSON.stringify(wrong.events.at(-1))).toContain('database \\"nobody\\" does not exist')
    configure(app, {
      backup: [{ postgres: { service: 'db', user: 'nobody' } }],
      backups: { required: false },
    })
    const allowed = await ends(0, belay('deploy', '--yes'))
    expect(JSON.stringify(allowed.events)).toContain('"type":"warning","code":"BACKUP_FAILED"')
    expect(await visit(server)).toBe('200 three')
    expect(await server.sh(`ls -A ${FOLDER} | grep -c -e part -e spool || :`)).toBe('0')
    configure(app)
    expect(then).toContain('r2')
  })

  test('must refuse what the compose file does not have, with nothing touched', async () => {
    const then = await before()
    configure(app, { backup: [{ postgres: 'dbb' }] })
    expect(failures(await ends(2, belay('deploy', '--yes')))).toEqual(['BACKUP_SUBJECT_UNKNOWN'])
    const checked = await ends(2, app.belay('check'))
    expect(checked.stdout + checked.stderr).toContain(
      'the compose file has no service "dbb"; did you mean "db"?',
    )
    configure(app, { backup: [{ volume: 'upload' }] })
    const volume = await ends(2, app.belay('check'))
    expect(volume.stdout + volume.stderr).toContain(
      'has no volume "upload"; did you mean "uploads"?',
    )
    expect(await before()).toBe(then)
    configure(app)
  })
})

describe('a full disk', () => {
  const full = `mount -t tmpfs -o size=100m none ${FOLDER}`

  test('must fail the backup before or while it is made, and leave nothing half done', async () => {
    await server.sh(`${full}; dd if=/dev/zero of=${FOLDER}/ballast bs=1M count=60 2>/dev/null`)
    try {
      const early = await ends(3, belay('backup', 'create'))
      expect(JSON.stringify(early.events.at(-1))).toMatch(
        /40 MB are free for it, and about \d+ MB are needed/,
      )
      await server.sh(`rm ${FOLDER}/ballast; docker run --rm -v shop-production_uploads:/u busybox:stable \
        dd if=/dev/urandom of=/u/large bs=1M count=120 2>/dev/null`)
      configure(app, { backup: [{ volume: 'uploads' }] })
      const late = await ends(3, belay('backup', 'create'))
      expect(JSON.stringify(late.events.at(-1))).toContain('is full')
      expect(await server.sh(`ls -A ${FOLDER}`)).toBe('')
    } finally {
      await server.sh(
        `umount ${FOLDER}; docker run --rm -v shop-production_uploads:/u busybox:stable rm -f /u/large`,
      )
      configure(app)
    }
  })
})

describe('a backup that is damaged', () => {
  test('must be found, whether it was cut off or changed', async () => {
    const [db] = records(await ends(0, belay('backup', 'list'))).filter(
      ({ about }) => about.name === 'db',
    )
    const file = `${FOLDER}/${db?.file}`
    await ends(0, belay('backup', 'verify'))
    await server.sh(`cp -p ${file} /tmp/whole; truncate -s -40 ${file}`)
    const cut = await ends(3, belay('backup', 'verify'))
    expect(failures(cut)).toEqual(['BACKUP_DAMAGED'])
    expect((await app.belay('backup', 'list')).stdout).toContain('damaged')
    await server.sh(
      `printf x >/tmp/x; cp -p /tmp/whole ${file}; 
       dd if=/tmp/x of=${file} seek=50 bs=1 conv=notrunc 2>/dev/null`,
    )
    const changed = await ends(3, belay('backup', 'verify', db?.id ?? ''))
    expect(JSON.stringify(changed.events.at(-1))).toContain('another checksum')
    await server.sh(`cp -p /tmp/whole ${file}`)
    await ends(0, belay('backup', 'verify', db?.id ?? ''))
    expect(failures(await ends(2, belay('backup', 'verify', 'nonsense')))).toEqual([
      'UNKNOWN_BACKUP',
    ])
  })
})

describe('a restore', () => {
  const restore = (id: string, ...flags: readonly string[]) =>
    belay('backup', 'restore', id, '--yes', ...flags)
  const listed = async () => records(await ends(0, belay('backup', 'list')))

  test('must put back every kind of data as it was, and keep a copy of what was there', async () => {
    configure(app)
    const page = await visit(server)
    const before = await data.all()
    const made = records(await ends(0, belay('backup', 'create'))).slice(0, NAMES.length)
    await data.write(7, 'seven')
    const after = await data.all()
    expect(after).not.toBe(before)
    expect(failures(await ends(3, belay('backup', 'restore', made[0]?.id ?? '')))).toEqual([
      'CONSENT_NEEDED',
    ])
    const shown = await ends(0, app.belay('backup', 'restore', made[0]?.id ?? '', '--dry-run'))
    expect(shown.stdout).toContain('everything that was written to it since is gone then')
    expect(await data.all()).toBe(after)
    for (const { id } of made) {
      const ran = await ends(0, restore(id))
      expect(finished(ran)?.outcome).toBe('confirmed')
    }
    expect(await data.all()).toBe(before)
    expect(await visit(server)).toBe(page)
    const copies = (await listed()).filter(({ about }) => about.purpose === 'safety')
    expect(namesOf(copies)).toEqual(NAMES)
    for (const { id } of copies) await ends(0, restore(id))
    expect(await data.all()).toBe(after)
    expect((await app.belay('history')).stdout).toMatch(/ restore /)
  })

  test('that fails must leave every kind of data as it was, and what runs running', async () => {
    const then = await data.all()
    const up = await running(server)
    const newest = new Map((await listed()).toReversed().map((each) => [each.about.name, each]))
    // Each passes for whole: what is wrong with it shows only when it is put back.
    const broken: readonly (readonly [string, string])[] = [
      ['db', 'create table things (n int); select nothing from nowhere;'],
      ['orders', 'drop table things; select nothing from nowhere;'],
      ['cache', 'REDIS0011 is all that is left of it'],
    ]
    for (const [name, text] of broken) {
      const record = newest.get(name)
      if (record === undefined) throw new Error(`no backup of ${name}`)
      const end = { db: '-- PostgreSQL database dump complete', orders: '-- Dump completed' }
      const whole = `${text}\n${end[name as 'db'] ?? ''}`
      await server.sh(`cd ${FOLDER}
        cp -p ${record.file} /tmp/kept; cp -p ${record.id}.meta /tmp/kept.meta
        printf '%s\n' "${whole}" | gzip >${record.file}
        sed -i "s/^sha256 .*/sha256 $(sha256sum ${record.file} | cut -d ' ' -f 1)/
          s/^bytes .*/bytes $(wc -c <${record.file})/" ${record.id}.meta`)
      const ran = await ends(4, restore(record.id))
      expect(failures(ran), name).toEqual(['RESTORE_FAILED'])
      await server.sh(`cd ${FOLDER}
        mv /tmp/kept ${record.file}; mv /tmp/kept.meta ${record.id}.meta`)
    }
    expect(await data.all()).toBe(then)
    expect(await running(server)).toEqual(up)
  })

  test('onto a disk that is too small must leave what was there', async () => {
    const place = '/var/lib/docker/volumes/shop-production_uploads/_data'
    await data.upload('large', '$(head -c 3000000 /dev/urandom | base64)')
    configure(app, { backup: [{ volume: { volume: 'uploads', pause: true } }] })
    const [made] = records(await ends(0, belay('backup', 'create')))
    await server.sh(`rm ${place}/large; cp -a ${place} /tmp/uploads
      mount -t tmpfs -o size=2m none ${place} && cp -a /tmp/uploads/. ${place}`)
    try {
      const then = await data.all()
      const ran = await ends(4, restore(made?.id ?? ''))
      expect(failures(ran)).toEqual(['RESTORE_FAILED'])
      expect(JSON.stringify(ran.events)).toMatch(/[Nn]o space left/)
      expect(await data.all()).toBe(then)
      expect(await visit(server)).toMatch(/^200/)
    } finally {
      configure(app)
      await server.sh(`docker stop -t 1 $(docker ps -q --filter volume=shop-production_uploads)
        umount ${place}; rm -r /tmp/uploads; docker start $(docker ps -aq \
          --filter label=belay.release --filter volume=shop-production_uploads | head -n 1)`)
    }
  })

  test('of what is cut off, of another app, or of nothing that is known must be refused', async () => {
    const then = await serving(server)
    const [db] = (await listed()).filter(({ about }) => about.name === 'db')
    const file = `${FOLDER}/${db?.file}`
    const meta = `${FOLDER}/${db?.id}.meta`
    await server.sh(`cp -p ${file} /tmp/whole; cp -p ${meta} /tmp/meta; truncate -s -40 ${file}`)
    expect(failures(await ends(3, restore(db?.id ?? '')))).toEqual(['BACKUP_DAMAGED'])
    await server.sh(`cp -p /tmp/whole ${file}; sed -i 's/"app":"shop"/"app":"else"/' ${meta}`)
    expect(failures(await ends(2, restore(db?.id ?? '')))).toEqual(['BACKUP_OF_ANOTHER'])
    await server.sh(`cp -p /tmp/meta ${meta}`)
    configure(app, { backup: [{ redis: 'cache' }] })
    expect(failures(await ends(2, restore(db?.id ?? '')))).toEqual(['BACKUP_HAS_NO_PLACE'])
    configure(app)
    expect(failures(await ends(2, restore('nonsense')))).toEqual(['UNKNOWN_BACKUP'])
    expect(await serving(server)).toBe(then)
  })
})

describe('going back with the data', () => {
  const fussy = (text: string) =>
    page(text, {
      command: [
        'sh',
        '-c',
        `[ ! -e /uploads/poison ] || exit 1
         mkdir -p /w; echo "$$TEXT" >/w/index.html; exec httpd -f -p 8000 -h /w`,
      ],
    })
  const deployed = async (text: string) => {
    compose(app, fussy(text))
    await ends(0, belay('deploy', '--yes'))
    expect(await visit(server)).toBe(`200 ${text}`)
  }

  test('must put both back, or neither', async () => {
    configure(app)
    await deployed('before')
    const left = await data.all()
    await deployed('after')
    await data.write(11, 'eleven')
    const now = await data.all()
    const shown = await app.belay('rollback', '--dry-run')
    expect(shown.stdout).toMatch(/data: it stays as it is; --restore puts back how r\d+ left it/)
    const planned = await ends(0, app.belay('rollback', '--restore', '--dry-run'))
    expect(planned.stdout).toContain('what was written since is gone then')
    expect(await data.all()).toBe(now)
    await ends(0, belay('rollback', '--yes', '--restore'))
    expect([await visit(server), await data.all()]).toEqual(['200 before', left])

    // What makes the release before fail lies in the data that it left.
    await data.upload('poison', 'x')
    compose(app, page('later'))
    await ends(0, belay('deploy', '--yes'))
    await data.write(12, 'twelve')
  })

  test('must end with the release and the data of before when the old one does not work', async () => {
    const then = [await visit(server), await data.all(), (await running(server)).join()]
    const ran = await ends(4, belay('rollback', '--yes', '--restore'))
    expect(finished(ran)?.outcome).toBe('rolled-back')
    expect([await visit(server), await data.all(), (await running(server)).join()]).toEqual(then)
  })
})
