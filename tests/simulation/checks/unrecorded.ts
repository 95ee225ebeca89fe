import type { Instruction } from '../../../src/plan/instruction.ts'
import type { KitState } from '../server/kit-state.ts'

/**
 * Why nothing on the host says that this instruction is under way: no action that the journal knows
 * to have begun, and no decision whose list it could be of. Undefined when something does.
 */
export function whyUnrecorded(state: KitState, { do: what }: Instruction): string | undefined {
  const { deciding } = state
  const isDecided = deciding !== undefined && deciding.state !== 'pending' && !deciding.settled
  const last = state.journal.findLast(({ note: { type } }) => type === 'intent' || type === 'done')
  const isBegun = last?.note.type === 'intent'
  return isBegun || isDecided ? undefined : `"${what}" was done, and nothing on the host says so`
}
