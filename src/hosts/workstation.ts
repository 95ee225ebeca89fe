import type { Readable } from 'node:stream'
import type { ComposeModel } from '../plan/compose-model.ts'
import type { OutsideArgument } from '../config/compose/build-arguments.ts'
import type { Position } from '../config/source/problem.ts'
import type { RegistryPush } from './shipping/registry/words.ts'
import type { PackedLayers } from './shipping/layers.ts'
import type { ComposeParcel, HttpAnswer, HttpQuestion, ImageFacts, OnProgress } from './host.ts'
import type { RunResult } from './host.ts'

/** The machine that Belay runs on: its Docker, git and files. Nothing here reaches a server. */
export interface Workstation {
  /**
   * `docker compose config --format json` of the user's files. As with compose itself, `${NAME}` is
   * filled from the caller too; the environment's own values win. Fails with `COMPOSE_INVALID`,
   * compose's own words as evidence; with `DOCKER_MISSING_HERE` where there is no compose, neither
   * here nor elsewhere.
   */
  composeConfig(request: ComposeConfigRequest): Promise<ComposeModel>
  /** The same files as they are written, without compose. */
  composeWritten(request: WrittenRequest): Promise<ComposeWritten>
  /** Why nothing can be built or sent from here; undefined where a Docker daemon answers. */
  whyNoDocker(): Promise<string | undefined>
  /** Null for what is not here; for all where no Docker answers. */
  imageFacts(references: readonly string[]): Promise<Record<string, ImageFacts | null>>
  /** Builds with this machine's Docker. Fails with `BUILD_FAILED`, the last lines as evidence. */
  build(request: BuildRequest): Promise<void>
  /** The same build as one archive, for a host that is to do it. */
  packBuild(request: BuildRequest): Promise<PackedBuild>
  /** A `docker save` stream of some images. */
  saveImages(references: readonly string[]): NodeJS.ReadableStream
  /**
   * Layers out of this machine's Docker, for hosts that lack them. Undefined where only whole images
   * can be had of it: `saveImages` gives those.
   */
  packLayers(request: LayersRequest): Promise<PackedLayers | undefined>
  /** Pushes with a login that is kept nowhere. Resolves to the name with the digest. */
  pushThrough(push: RegistryPush, onProgress: OnProgress): Promise<string>
  /** How long a registry that has too much to do asks us to wait; undefined where it does not say. */
  registryPause(server: string): Promise<number | undefined>
  pullImage(reference: string, onProgress?: OnProgress): Promise<void>

  /** The commit that is checked out, or undefined outside of git. */
  commit(directory: string): Promise<Commit | undefined>
  /** The repository that a folder lies in; undefined outside of git. */
  repository(directory: string): Promise<Repository | undefined>
  /** Files below `path` that git tracks, relative to it; undefined outside of git. */
  trackedFiles(path: string): Promise<readonly string[] | undefined>
  readFile(path: string): Promise<{ content: Uint8Array; mode: number }>
  /** `file`, `folder` or nothing. */
  kindOf(path: string): Promise<'file' | 'folder' | undefined>
  /** All files below a folder, relative, sorted; fails with `TOO_MANY_FILES` above the limit. */
  listFiles(folder: string, limit: number): Promise<readonly string[]>
  /** When a file was last written; undefined where there is none. */
  modifiedAt(path: string): Promise<number | undefined>
  /** Runs a command of the user's own with `/bin/sh`, in the caller's whole environment. */
  runCommand(request: CommandRequest): Promise<CommandEnded>
  /** One HTTP exchange from this machine, by a name that it must find itself. */
  ask(question: HereQuestion): Promise<HttpAnswer>
  /** Runs a program of the user's own by its path; its code is 127 when it cannot be started. */
  runScript(request: ScriptRequest): Promise<CommandEnded>
  /** What a build would see, by its hash; as git's commit has it, where there is one. */
  readBuildContext(request: ContextRequest): Promise<BuildContext>
  /** The address that the repository was cloned from, without any password. */
  originOf(directory: string): Promise<string | undefined>
}

export interface LayersRequest {
  readonly images: readonly LayeredImage[]
  /** The layers that are wanted, once the hosts have said so: Docker is asked meanwhile. */
  readonly lacking: ReadonlySet<string> | Promise<ReadonlySet<string>>
}

export interface LayeredImage {
  readonly reference: string
  readonly id: string
  readonly layers: readonly string[]
}

export interface WrittenRequest {
  readonly directory: string
  readonly files: readonly string[]
  readonly envFile?: string
  readonly values: Readonly<Record<string, string>>
}

export interface ComposeConfigRequest extends WrittenRequest {
  readonly profiles: readonly string[]
  readonly project: string
  /** Runs compose where this machine has none: on a host. */
  readonly elsewhere?: (parcel: ComposeParcel) => Promise<RunResult>
  /** What compose warns of, like a variable without a value. */
  readonly onWarning?: (text: string) => void
}

/** Compose files and what they name, as far as it can be told without compose. */
export interface ComposeWritten {
  /** The project's name, if one is written. */
  readonly name?: string
  /** Values that compose takes from its caller and that must be printed nowhere. */
  readonly secrets: readonly string[]
  /** Of all profiles; undefined where a part lies elsewhere. */
  readonly services: readonly string[] | undefined
  /** What is no YAML. */
  readonly mistakes: readonly WrittenMistake[]
  /** What compose reads otherwise than was meant. */
  readonly warnings: readonly string[]
  /** Build arguments that take their value from outside. */
  readonly outsideArguments: readonly (OutsideArgument & { readonly file: string })[]
  /** Files that are named and are not there: compose refuses that, if it needs them. */
  readonly missing: readonly string[]
  /** Names that stand behind a `$` in env files alone: parts of secrets, more often than not. */
  readonly namesInEnvFiles: ReadonlySet<string>
}

export interface WrittenMistake {
  readonly file: string
  readonly at?: Position
  readonly text: string
}

export interface ContextRequest {
  readonly folder: string
  /** The Dockerfile, absolute or relative to the folder; none when it stands in the compose file. */
  readonly recipe: string | undefined
  /** With what is not committed. */
  readonly asItLies: boolean
}

export interface BuildContext {
  readonly hash: string
  /** Files that count for the build and differ from the commit, by their path in the repository. */
  readonly dirty: readonly string[]
  readonly from: ContextOrigin
}

export type ContextOrigin =
  | {
      readonly kind: 'commit'
      readonly commit: string
      readonly toplevel: string
      /** The context's own path in the repository: empty, or with a slash at its end. */
      readonly prefix: string
    }
  | {
      readonly kind: 'folder'
      readonly because: 'asked' | 'no-git' | 'not-committed' | 'submodules' | 'elsewhere'
    }

/** Services to build, as compose reads them: `$` is doubled, contexts are absolute. */
export interface BuildRequest {
  readonly project: string
  readonly services: readonly string[]
  readonly model: BuildModel
  /** By context: those that are to be taken from a commit. */
  readonly commits: ReadonlyMap<string, Extract<ContextOrigin, { kind: 'commit' }>>
  /** For secrets that compose takes from its environment. */
  readonly values: Readonly<Record<string, string>>
  readonly onProgress: OnProgress
}

export type BuildModel = Pick<ComposeModel, 'services' | 'secrets'>

export interface PackedBuild {
  /** A compressed tar: `build.json`, and what it names. */
  readonly archive: Readable
  /** Removes what was put aside for it. */
  readonly remove: () => Promise<void>
}

export interface CommandRequest {
  readonly command: string
  readonly directory: string
  readonly timeoutMs: number
  /** In words, for when it is interrupted. */
  readonly what: string
  readonly onLine: OnProgress
}

export interface CommandEnded {
  /** 126 and 127: it could not be started; above 128: by a signal. */
  readonly code: number
  /** It took too long, and was ended. */
  readonly isLate: boolean
  /** The last ones that it printed. */
  readonly lines: readonly string[]
}

export interface Commit {
  readonly id: string
  readonly subject: string
  readonly branch: string
  readonly dirty: boolean
}

export interface Repository {
  /** Absolute. */
  readonly root: string
  /** From the root to the folder that was asked about, as `deploy/`; empty at the root itself. */
  readonly prefix: string
}

/** A question that this machine puts itself. */
export interface HereQuestion extends Omit<HttpQuestion, 'through'> {
  readonly through: {
    readonly kind: 'here'
    readonly tls: boolean
    readonly address: string
    readonly port: number
  }
}

export interface ScriptRequest {
  /** Absolute. */
  readonly path: string
  readonly words: readonly string[]
  readonly directory: string
  /** On top of the caller's own environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
}
