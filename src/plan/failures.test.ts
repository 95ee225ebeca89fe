import { expect, it } from 'vitest'
import { composeUnsupported } from './failures.ts'
import type { Problem } from './render/rendered.ts'

const problem = (name: string): Problem => ({
  in: 'compose',
  path: `services.${name}.ports`,
  text: 'a thing',
  hint: 'Change it.',
})

it('one problem is the message, with its own hint', () => {
  const failure = composeUnsupported({ problems: [problem('web')] })
  expect(failure.message).toBe('services.web.ports: a thing')
  expect(failure.hint).toBe('Change it.')
  expect(failure.evidence).toEqual([])
})

it('several are all listed', () => {
  const failure = composeUnsupported({ problems: [problem('web'), problem('api')] })
  expect(failure.message).toBe('the compose file cannot be deployed as it stands, for 2 reasons')
  expect(failure.evidence).toEqual([
    'services.web.ports: a thing. Change it.',
    'services.api.ports: a thing. Change it.',
  ])
})
