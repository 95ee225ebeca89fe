import type { ComposeModel } from '../plan/compose-model.ts'
import type { Position } from '../config/source/problem.ts'
import type { ComposeParcel, ImageFacts, OnProgress, RunResult } from './host.ts'

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
  /** `docker compose build` of some services under the names of `images`; output as progress. */
  build(request: ComposeConfigRequest & BuildRequest): Promise<void>
  /** A `docker save` stream of some images. */
  saveImages(references: readonly string[]): NodeJS.ReadableStream
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
  /** SHA-256 over names, modes and contents of what a build would see. */
  hashBuildContext(context: string, dockerfile: string | undefined): Promise<string>
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

export interface BuildRequest {
  readonly services: readonly string[]
  /** Service → the name that its image is to have. */
  readonly images: Readonly<Record<string, string>>
  readonly onProgress: OnProgress
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
