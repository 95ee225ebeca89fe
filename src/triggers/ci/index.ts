import type { CiSystem } from './ci-system.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { jenkins } from './jenkins.ts'

/** Every CI system that `belay ci init` writes a file for. */
export const CI_SYSTEMS: readonly CiSystem[] = [github, gitlab, jenkins]
