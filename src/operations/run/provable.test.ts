import { expect, test } from 'vitest'
import { HERE } from '../../../tests/support/looks.ts'
import { releaseOf } from '../../../tests/support/releases.ts'
import { stubWorld } from '../../../tests/support/worlds.ts'
import type { CheckSpec } from '../../plan/release.ts'
import { provable } from './provable.ts'

const check = (kind: string, path = ''): CheckSpec => ({ kind, service: 'web', settings: { path } })

async function asked(purpose: 'deploy' | 'rollback' | 'base', checks: readonly CheckSpec[]) {
  const world = stubWorld({})
  const kindOf = async (path: string) => (path === '/work/shop/there.sh' ? 'file' : undefined)
  const workstation = Object.assign(world.workstation, { kindOf })
  const release = releaseOf('r1', { checks })
  const provables = await provable({ ...world, workstation }, release, { purpose, here: HERE })
  return { kinds: provables.checks.map(({ kind }) => kind), told: world.told }
}

test('an exchange of the database must not be judged by what the app logged meanwhile', async () => {
  const { kinds } = await asked('base', [check('logs'), check('http')])
  expect(kinds).toEqual(['http'])
  expect((await asked('deploy', [check('logs')])).kinds).toEqual(['logs'])
})

test('going back must not fail because a newer checkout has a program no more', async () => {
  const checks = [check('script', './gone.sh'), check('script', './there.sh')]
  const { kinds, told } = await asked('rollback', checks)
  expect(kinds).toEqual(['script'])
  expect(told).toMatchObject([{ type: 'warning', code: 'SCRIPT_GONE' }])
})
