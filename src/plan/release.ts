import type { Role, RolloutKind, Route } from '../base/words.ts'
import type { Slot } from '../base/names.ts'

/** A check, its settings already resolved: `checks/index.ts` knows the kinds. */
export interface CheckSpec {
  readonly kind: string
  readonly service: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** How an image is known: the name the user wrote, and the digest of its configuration. */
export interface ImageIdentity {
  /** As in the compose file, or the name that a build is given. */
  readonly reference: string
  /** `sha256:…`, the image's id in Docker. */
  readonly id: string
  /** A second name on the host, `belay/<app>/<service>:r42`, so that no prune leaves it dangling. */
  readonly keepTag: string
}

export interface ReleaseService {
  /** As in the user's compose file. */
  readonly name: string
  /** Its key in the rendered file. */
  readonly key: string
  readonly role: Exclude<Role, 'accessory'>
  readonly rollout: RolloutKind
  /** Why this rollout: shown in the plan. */
  readonly because: string
  /** Container names, chosen here: `shop-r42-web-1`, one for each replica. */
  readonly containers: readonly string[]
  readonly image: ImageIdentity
  /** SHA-256 of its rendered definition and of the files it mounts, the release's number left out. */
  readonly definition: string
  readonly routes: readonly Route[]
  /** Services of the release that must answer before it starts; none recorded, none known. */
  readonly needs?: readonly string[]
  /** Set when the service has routes: names its tokens. */
  readonly routeKey?: string
  /** Set when it is on the proxy's network: `<slotKey>-a` and `<slotKey>-b` are its names there. */
  readonly slotKey?: string
  /** The healthcheck's command as one argv, from the compose file or the image; absent when none. */
  readonly healthCommand?: readonly string[]
  readonly healthTimeoutMs: number
  /** SIGTERM to SIGKILL. */
  readonly stopGraceSeconds: number
  /** How long requests in flight may take after traffic moved away. */
  readonly drainSeconds: number
  /** Handover: how long the proxy holds requests. */
  readonly holdSeconds: number
  /** How long the service may take until it is proved. */
  readonly startTimeoutMs: number
}

/** What should run: immutable, numbered, and enough to run it again without the user's files. */
export interface Release {
  readonly schema: 1
  readonly id: string
  readonly app: string
  readonly environment: string
  readonly createdAt: string
  readonly createdBy: string
  readonly commit?: { readonly id: string; readonly subject: string; readonly dirty: boolean }
  /** Whose compose read the user's files, where the deployer had none. */
  readonly composedOn?: ComposedOn
  /** Equal fingerprints mean that there is nothing to deploy. */
  readonly fingerprint: string
  readonly baseProject: string
  readonly project: string
  /** The slot its routed services were made for; going back re-uses it. */
  readonly slot: Slot
  readonly services: readonly ReleaseService[]
  readonly accessories: readonly string[]
  /** What each accessory is made from: told where it differs, and never applied by a release. */
  readonly base?: Readonly<Record<string, AccessoryDefinition>>
  /** Names by which accessories reach services of the release. */
  readonly live?: readonly LiveName[]
  /** Checks on top of container state and Docker health. */
  readonly checks: readonly CheckSpec[]
  /** `shared`: the host's Caddy. `none`: the app brings its own. */
  readonly proxy: 'shared' | 'none'
  /** `auto`: clients reach its domains (all but `*`) over HTTPS. */
  readonly tls: 'auto' | 'off'
  /** Where data lies that a project started by hand had: kept from release to release. */
  readonly adopted?: Adopted
  /** Volumes and networks of the base that must exist before the release starts. */
  readonly volumes: readonly BaseObject[]
  readonly networks: readonly BaseObject[]
}

export interface ComposedOn {
  readonly host: string
  readonly version: string
}

export interface AccessoryDefinition {
  /** SHA-256 of everything that goes into its containers. */
  readonly hash: string
  /** The names that compose gives its containers. */
  readonly containers: readonly string[]
}

/** A service that accessories call: after each confirm its names lead to the new release. */
export interface LiveName {
  readonly service: string
  readonly names: readonly string[]
  /** The accessories that call it. */
  readonly callers: readonly string[]
}

/** Data of a project that was started by `docker compose up` before Belay took it over. */
export interface Adopted {
  /** Where its relative paths start, by compose's label; Belay's own data folder when absent. */
  readonly workingDirectory?: string
  /** Service → mount target → name of the anonymous volume that holds the data now. */
  readonly anonymousVolumes: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** A volume or network that Belay creates with compose's own labels. */
export interface BaseObject {
  /** The real name in Docker: `shop_data`. */
  readonly name: string
  /** The name inside the compose file: `data`. */
  readonly key: string
  /** External to the user's compose file: it must exist, and is never made here. */
  readonly external: boolean
  readonly internal?: boolean
  /** Driver and its options, when the compose file names them. */
  readonly driver?: string
  readonly driverOptions?: Readonly<Record<string, string>>
}
