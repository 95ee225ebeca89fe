import type { Role, RolloutKind, Route } from '../../base/words.ts'
import type { ComposeModel } from '../compose-model.ts'
import type { Adopted, BaseObject } from '../release.ts'

/** Everything that rendering looks at: it reads no file and asks no Docker itself. */
export interface RenderRequest {
  /** As `docker compose -p <baseProject> config --format json` prints it. */
  readonly model: ComposeModel
  readonly app: string
  readonly environment: string
  /** `r42`. */
  readonly release: string
  readonly baseProject: string
  readonly proxy: 'shared' | 'none'
  /** The server's ports that the shared proxy listens on; 80 and 443 when absent. */
  readonly proxyPorts?: readonly number[]
  /** By compose service; a service without an entry is inferred as a whole. */
  readonly services: Readonly<Record<string, ServiceChoice>>
  /** What runs in containers of its own, taken from a service's definition. */
  readonly commands?: readonly Command[]
  /** By compose service; before a build there may be none. */
  readonly images: Readonly<Record<string, ImageKnowledge>>
  /** The folder that relative paths of the compose file start from; absolute. */
  readonly directory: string
  /** The deployer's home, to recognise `~/x`, which compose has resolved already. */
  readonly home?: string
  /** By absolute path, one for each of `hostPathsOf(model)`. */
  readonly files: Readonly<Record<string, FileFact>>
  /** Values for secrets and configs that compose takes from the environment. */
  readonly values: Readonly<Record<string, string>>
  /** Set as long as data lies where a project started by hand had it: not for its first run only. */
  readonly adopted?: Adopted
  /** The previous release's volumes: a lifted one keeps the name it got. */
  readonly keptVolumes?: readonly BaseObject[]
}

/** A command of the release: it gets a key of its own in the release's file. */
export interface Command {
  readonly key: string
  /** The compose service whose image, environment, networks and volumes it gets. */
  readonly service: string
  readonly argv: readonly string[]
  /** Where `belay.yaml` names the service: `migrate.service`. */
  readonly path: string
}

/** What the user decided about a service; the rest is inferred. */
export interface ServiceChoice {
  readonly role?: Role
  readonly rollout?: RolloutKind
  readonly routes: readonly Route[]
  /** Ports that HTTP and TCP checks ask. */
  readonly checkPorts: readonly number[]
  /** Some check asks it. */
  readonly isChecked?: boolean
  /** Of an accessory: the services of the release that it calls. */
  readonly calls?: readonly string[]
}

/** What is known of a service's image; `ImageFacts` of a host fits. */
export interface ImageKnowledge {
  /** `sha256:…` */
  readonly id?: string
  readonly volumes?: readonly string[]
  readonly healthCommand?: readonly string[]
  readonly user?: string
}

/** `none`: the project lies outside of git. */
export type GitState = 'tracked' | 'untracked' | 'none'

export type FileFact =
  | { readonly kind: 'absent' }
  | ({ readonly kind: 'file'; readonly git: GitState } & FileContent)
  | {
      readonly kind: 'folder'
      /** Tracked as soon as one file below it is. */
      readonly git: GitState
      /** What would be shipped: the tracked files, or all of them outside of git. */
      readonly files: readonly ({ readonly path: string } & FileContent)[]
    }

export interface FileContent {
  readonly hash: string
  /** Permission bits. */
  readonly mode: number
  /** Absent when it is no UTF-8 text, or longer than an accessory's file may be. */
  readonly text?: string
}
