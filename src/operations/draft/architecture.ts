import { wrongArchitecture } from '../failures.ts'

/** Machines that run another one's programs as well. */
const ALSO_RUNS: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] }

interface ImageOnHost {
  readonly host: string
  readonly reference: string
  readonly image: string
  readonly machine: string
}

/** An image that was imported by hand may say nothing of itself: that is no reason to refuse it. */
export function checkArchitecture(about: ImageOnHost): void {
  const { image, machine } = about
  if (image === '' || image === machine || ALSO_RUNS[machine]?.includes(image)) return
  throw wrongArchitecture(about)
}
