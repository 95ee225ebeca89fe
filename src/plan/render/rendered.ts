import type { Role, RolloutKind, Route } from '../../base/words.ts'
import type { ComposeModel } from '../compose-model.ts'
import type { Note } from '../plan.ts'
import type { BaseObject, LiveName } from '../release.ts'

/** The two halves of a compose project, and all that a plan must know of them. */
export interface Rendered {
  /** Accessories and what only they use; without services when there are none. */
  readonly base: ComposeModel
  readonly release: ComposeModel
  /** Services of the release, each after those it depends on. */
  readonly services: readonly RenderedService[]
  /** Services of the base. */
  readonly accessories: readonly string[]
  /** What must exist before the release's containers are made. */
  readonly volumes: readonly BaseObject[]
  readonly networks: readonly BaseObject[]
  /** What goes into the release's folder beside the two compose files. */
  readonly shipped: readonly ShippedFile[]
  /** Names that accessories call: they lead to a release once it is confirmed. */
  readonly live: readonly LiveName[]
  readonly notes: readonly Note[]
  /** Not empty: what is rendered must not be deployed. */
  readonly problems: readonly Problem[]
}

export interface RenderedService {
  /** As in the user's compose file. */
  readonly name: string
  /** Its key in the rendered file: `web-r42`. */
  readonly key: string
  readonly role: Exclude<Role, 'accessory'>
  readonly roleBecause: string
  readonly rollout: RolloutKind
  readonly because: string
  readonly phase: Phase
  /** Services of the release that must be there before it. */
  readonly dependsOn: readonly string[]
  readonly replicas: number
  /** One for each replica. */
  readonly containers: readonly string[]
  readonly image: RenderedImage
  readonly routes: readonly Route[]
  /** Set when it has routes. */
  readonly routeKey?: string
  /** Set when it is on the proxy's network: `<slotKey>-a` and `<slotKey>-b` are its names there. */
  readonly slotKey?: string
  /** One argv; absent when neither the compose file nor the image has a healthcheck. */
  readonly healthCommand?: readonly string[]
  readonly healthTimeoutMs: number
  readonly stopGraceSeconds: number
  /** Of one replica, where the compose file sets a limit. */
  readonly memoryBytes?: number
  /** Volumes and data folders that it may change, in words. */
  readonly writes: readonly string[]
}

/** When its containers start: each phase is over before the next begins. */
export type Phase = 'jobs' | 'side-by-side' | 'handover' | 'workers'

export interface RenderedImage {
  readonly reference: string
  /** Unknown before it is built or pulled; the rendered file names the reference then. */
  readonly id?: string
  readonly built: boolean
}

/** A file of the release's folder; `content` is a secret. */
export type ShippedFile =
  | { readonly to: string; readonly mode: number; readonly from: string; readonly hash: string }
  | { readonly to: string; readonly mode: number; readonly content: string }

/** Something that cannot be honoured, and where it stands: `services.web.network_mode`. */
export interface Problem {
  /** Which of the user's files `path` leads into. */
  readonly in: 'compose' | 'belay'
  readonly path: string
  readonly text: string
  readonly hint: string
}

/** Where the parts of the renderer put what they have to tell. */
export interface Findings {
  readonly notes: Note[]
  readonly problems: Problem[]
}

/** Tells of a change in the rendered copy that nobody need worry about. */
export function inform(findings: Findings, about: string, text: string): void {
  findings.notes.push({ level: 'info', about, text })
}

export function warn(findings: Findings, about: string, text: string): void {
  findings.notes.push({ level: 'warning', about, text })
}

export function refuse(
  findings: Findings,
  problem: Omit<Problem, 'in'> & { readonly in?: Problem['in'] },
): void {
  findings.problems.push({ in: 'compose', ...problem })
}
