import type { Instruction } from './instruction.ts'
import type { Release } from './release.ts'
import type { Migration } from './tasks.ts'

/** Every choice made, nothing left open: what a run will do, as data. */
export interface Plan {
  readonly app: string
  readonly environment: string
  readonly purpose: 'deploy' | 'rollback' | 'restart' | 'resume' | 'base'
  /** Of a change of the base: the release that serves, before and after. */
  readonly release: Release
  readonly anchor: string
  readonly hosts: readonly HostPlan[]
  /** Host names, in the order in which traffic moves. */
  readonly waves: readonly (readonly string[])[]
  /** Whether there is anything to do at all, and why (not). */
  readonly change: Change
  readonly notes: readonly Note[]
}

export interface Change {
  readonly kind: 'nothing' | 'first' | 'replace' | 'repair'
  readonly because: string
  /** Per service: what differs. */
  readonly services: readonly { readonly service: string; readonly differs: readonly string[] }[]
}

/** Something the reader should know: what was changed in the rendered copy, and where from. */
export interface Note {
  readonly level: 'info' | 'warning'
  readonly about: string
  readonly text: string
}

export interface HostPlan {
  readonly host: string
  /** The release as this host keeps it: its slot may differ from another host's. */
  readonly release: Release
  readonly previous?: string
  /** Accessory → its containers, by the names that they have on this host. */
  readonly accessories: Readonly<Record<string, readonly string[]>>
  /** Carried out in this order on this host. */
  readonly steps: readonly PlannedStep[]
  readonly back: readonly Instruction[]
  readonly forward: readonly Instruction[]
  /** The database's schema is brought forward from here, for all. */
  readonly migration?: Migration
  /** Images that must be on the host before anything is touched. */
  readonly images: readonly { readonly reference: string; readonly id: string }[]
}

/** `change` steps act; `prove` steps ask. */
export type PlannedStep =
  | {
      readonly kind: 'change'
      readonly id: string
      readonly title: string
      readonly because: string
      readonly instructions: readonly Instruction[]
      readonly timeoutSeconds: number
      /** True for the step with which traffic starts to move. */
      readonly movesTraffic: boolean
    }
  | {
      readonly kind: 'prove'
      readonly id: string
      readonly title: string
      readonly because: string
      /** Which release's services, and from where they are asked. */
      readonly services: readonly string[]
      readonly through: Vantage
      /** How many replicas run by now, where that is fewer than all. */
      readonly replicas?: number
      readonly timeoutSeconds: number
    }

/**
 * From where a release is looked at. `containers`: state and health alone, where nothing can be
 * asked yet. `slot`: through the proxy's private listener. `front-door`: as a client would.
 */
export type Vantage = 'containers' | 'slot' | 'front-door'

/** What a run is about, for people: the new release, or what changes beside it. */
export function subjectOf({ purpose, release, change }: Plan): string {
  if (purpose !== 'base') return release.id
  return `the new ${change.services.map(({ service }) => service).join(', ')}`
}
