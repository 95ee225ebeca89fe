import type { OnProgress } from '../../../../src/hosts/host.ts'
import type { KitState } from '../kit-state.ts'
import type { SimulatedServer } from '../simulated-server.ts'

/** Where an instruction is carried out, and who hears of how far it is. */
export interface At {
  readonly server: SimulatedServer
  readonly state: KitState
  readonly tell: OnProgress
}
