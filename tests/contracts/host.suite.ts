import { afterEach, beforeEach, describe } from 'vitest'
import { accessories } from './host/accessories.ts'
import { actions } from './host/actions.ts'
import { backups } from './host/backups.ts'
import { Bench, type SetUp } from './host/bench.ts'
import { compose } from './host/compose.ts'
import { containers } from './host/containers.ts'
import { decisions } from './host/decisions.ts'
import { leases } from './host/leases.ts'
import { records } from './host/records.ts'
import { restores } from './host/restores.ts'
import { tasks } from './host/tasks.ts'
import { trials } from './host/trials.ts'

export type { HostUnderTest, SetUp } from './host/bench.ts'

/** What every `Host` owes its callers. The real one and the simulated one run the same tests. */
export function hostContract(name: string, setUp: SetUp): void {
  describe(`${name} keeps the contract of hosts`, () => {
    let bench: Bench | undefined
    const current = (): Bench => bench!
    beforeEach(async () => {
      bench = new Bench(await setUp())
    })
    afterEach(async () => {
      await bench?.end()
    })
    leases(current)
    actions(current)
    decisions(current)
    containers(current)
    tasks(current)
    accessories(current)
    backups(current)
    restores(current)
    trials(current)
    records(current)
    compose(current)
  })
}
