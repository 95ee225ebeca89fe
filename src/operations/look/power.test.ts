import { expect, test } from 'vitest'
import { containerOf } from '../../../tests/support/releases.ts'
import { examinePower } from './power.ts'

const app = { app: 'shop', environment: 'production' }

test('advice must name services as the user does, of releases alone, and be no problem', async () => {
  const web = { ...containerOf('web-1', { service: 'web-r1' }), ...app, release: 'r1' }
  const { release: _, ...db } = { ...web, id: 'db', name: 'db-1' }
  const asked: (readonly string[])[] = []
  const run = async (argv: readonly string[]) => {
    asked.push(argv)
    return { code: 0, stdout: 'web\t\tnull\t["ALL"]\n', stderr: '' }
  }
  expect(await examinePower({ run }, { containers: [web, db] }, app)).toEqual([
    {
      level: 'ok',
      about: 'power',
      what:
        'advice: containers could have less power; runs as root: web; may gain privileges ' +
        '(security_opt: [no-new-privileges:true]): web',
      fix: '',
    },
  ])
  expect(asked[0]?.slice(4)).toEqual([web.id])
  expect(asked[0]?.[3]).toContain('"belay.service"')
})
