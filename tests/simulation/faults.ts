/** What happens to one exchange between a deployer and a host. */
export type Fault =
  /** It never arrives. */
  | 'lose-request'
  /** It takes effect, and nobody hears of it. */
  | 'lose-answer'
  /** The deployer dies: before it is sent, or after it took effect. */
  | 'die-before'
  | 'die-after'
  /** The deployer stops, as by SIGSTOP, for two minutes, and goes on. */
  | 'freeze'
  /** The host loses its power, sooner or later after it, and has it again after half a minute. */
  | 'power-cut'
  | 'power-cut-later'
  | 'power-cut-late'
  /** It arrives twice: one right after the other, or again much later, when nobody waits for it. */
  | 'twice'
  | 'again-later'

export const FREEZE_MS = 120_000
export const CUT_AFTER_MS = { 'power-cut': 3, 'power-cut-later': 5, 'power-cut-late': 120 } as const
/** How much later a request comes that had been held up on its way. */
export const LATER_MS = 20_000

/** One exchange, as a fault plan sees it. */
export interface Exchange {
  /** Counted over all hosts of a deployer, from 1. */
  readonly number: number
  readonly host: string
  readonly verb: string
}

/** Chooses what goes wrong. */
export type FaultPlan = (exchange: Exchange) => Fault | undefined

export const NO_FAULTS: FaultPlan = () => undefined

/** The n-th exchange, and no other. */
export function nthExchange(n: number, fault: Fault): FaultPlan {
  return ({ number }) => (number === n ? fault : undefined)
}
