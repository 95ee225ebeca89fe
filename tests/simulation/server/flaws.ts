/**
 * What can be taken out of a simulated server or its deployer, one mechanism at a time: the checkers
 * are only worth something if they find each of these.
 */
export type Flaw =
  /** An old epoch is as good as the newest. */
  | 'no fence'
  /** Actions do not ask whether the run is still undecided. */
  | 'no guard'
  /** What is armed counts only once traffic has moved. */
  | 'armed late'
  /** A decision is lost with the power. */
  | 'decision not durable'
  /** The second to decide overrules the first. */
  | 'decided twice'
  /** What served is stopped at once. */
  | 'no drain'
  /** Leases lapse by the wall's clock. */
  | 'wall clock'
  | 'no watchdog'
  /** Nothing is known of how to go back. */
  | 'no way back'
  /** Actions begin without a word in the journal. */
  | 'no intent'
  /** Secrets are printed like anything else. */
  | 'no scrubbing'
