import { createHash } from 'node:crypto'
import { partOf } from '../../plan/base-change.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Release } from '../../plan/release.ts'
import { replicasOf } from '../../plan/render/context.ts'

/** Of plain data, in its own order. */
export function sha256(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}

/** What the accessories of a rendered base are made from. */
export function definitionsOf(base: ComposeModel): NonNullable<Release['base']> {
  return Object.fromEntries(
    Object.entries(base.services).map(([name, service]) => {
      const { container_name: own } = service
      const numbers = Array.from({ length: replicasOf(service) }, (_, index) => index + 1)
      const containers = own === undefined ? numbers.map((n) => `${base.name}-${name}-${n}`) : [own]
      return [name, { hash: sha256(partOf(base, name)), containers }]
    }),
  )
}
