/** What a service is for. Accessories (databases, caches) belong to the base, not to releases. */
export type Role = 'app' | 'worker' | 'job' | 'accessory'

/** How the new replaces the old. */
export type RolloutKind = 'overlap' | 'handover' | 'rolling'

/** Where requests for a service come from. `domain: '*'` is any name, over plain HTTP. */
export interface Route {
  readonly domain: string
  /** A path prefix that begins with `/`; `/` when the whole domain is meant. */
  readonly path: string
  readonly port: number
}
