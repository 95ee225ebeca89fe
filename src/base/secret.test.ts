import { expect, it } from 'vitest'
import { Secrets } from './secret.ts'

it('a word that is in the open must stay readable, and no longer secret around it', () => {
  const secrets = new Secrets()
  for (const value of ['tickets', 'tickets-2026', 'other']) secrets.add(value)
  expect(secrets.scrub('tickets other')).toBe('••• •••')
  secrets.spare('tickets')
  expect(secrets.scrub('tickets_db tickets-2026 other')).toBe('tickets_db ••• •••')
})
