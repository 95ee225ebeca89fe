/** What a CI system's file is made of: what `belay.yaml` and the repository say. */
export interface CiFacts {
  readonly app: string
  /** Of Belay: what the job installs. */
  readonly version: string
  /** How Belay finds `belay.yaml`, as flags; empty where it lies at the repository's root. */
  readonly where: readonly string[]
  readonly environments: readonly CiEnvironment[]
  /** Paths from the repository's root: `belay.yaml`, compose files, templates. */
  readonly deploymentFiles: readonly string[]
  /** An image is built by the run. */
  readonly builds: boolean
  /** What must have succeeded before: a workflow, a job, a project. */
  readonly after?: string
}

export interface CiEnvironment {
  readonly name: string
  readonly branch?: string
  readonly hosts: readonly string[]
  /** Names of all `${NAME}` in `belay.yaml`: without them nothing runs. */
  readonly variables: readonly string[]
  /** Names that must have a value, here or in the file of values. */
  readonly required: readonly string[]
  /** A file of values that git does not have; from the repository's root. */
  readonly valuesFile?: string
}

/** What of a repository decides where the file goes. */
export interface CiPlace {
  /** The text of a file of the repository; undefined where there is none. */
  readonly read: (path: string) => string | undefined
}

/** A CI system that can start a run: it is told by one file in the repository. */
export interface CiSystem {
  readonly kind: string
  readonly title: string
  /** Variables with these names come from the system itself, and are no secrets. */
  readonly own: RegExp
  /** From the repository's root. */
  readonly file: (place: CiPlace) => string
  readonly write: (facts: CiFacts, place: CiPlace) => string
  /** What a person still has to do. */
  readonly next: (facts: CiFacts, file: string) => readonly string[]
}

export function defineCiSystem(system: CiSystem): CiSystem {
  return system
}
