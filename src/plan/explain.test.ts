import { expect, it } from 'vitest'
import { releaseOf } from '../../tests/support/releases.ts'
import { explain } from './explain.ts'
import type { Plan } from './plan.ts'

const release = releaseOf('r2')
const plan: Plan = {
  app: 'shop',
  environment: 'production',
  purpose: 'deploy',
  release,
  anchor: 'a',
  hosts: [
    {
      host: 'a',
      release,
      previous: 'r1',
      steps: [],
      back: [],
      forward: [],
      images: [],
      accessories: {},
    },
  ],
  waves: [['a']],
  change: { kind: 'replace', because: 'it differs', services: [] },
  notes: [
    { level: 'info', about: 'services.web', text: 'one' },
    { level: 'warning', about: 'memory', text: 'short' },
    { level: 'info', about: 'services.web', text: 'two' },
  ],
}

it('a plan must end with its warnings, nearest to the question that follows', () => {
  expect(explain(plan).slice(-3)).toEqual([
    'note: services.web: one',
    'note: services.web: two',
    'warning: memory: short',
  ])
})

it('notes that were told before must only be counted where warnings are wanted', () => {
  expect(explain(plan, 'warnings').slice(-3)).toEqual([
    '',
    '2 notes, as belay plan shows them',
    'warning: memory: short',
  ])
})
