import type { ComposeMount } from '../../compose-model.ts'
import type { BaseObject } from '../../release.ts'
import type { RenderContext } from '../context.ts'
import type { ShippedFile } from '../rendered.ts'

/** One mount of a service of the release. */
export interface MountQuestion {
  /** The service. */
  readonly name: string
  readonly mount: ComposeMount
  readonly context: RenderContext
}

/** What became of it: no mount at all, or one with its place on the server. */
export interface SettledMount {
  readonly mounts: readonly ComposeMount[]
  readonly shipped?: readonly ShippedFile[]
  /** What the service may change there and what outlives it, in words. */
  readonly writes?: string
  /** The base's volume behind it. */
  readonly volume?: BaseObject
}

export const LEFT_OUT: SettledMount = { mounts: [] }

export function written(mount: ComposeMount, what: string): { writes?: string } {
  return mount.read_only === true ? {} : { writes: what }
}
