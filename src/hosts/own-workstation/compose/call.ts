import type { ComposeConfigRequest } from '../../workstation.ts'
import type { Environment } from '../../process.ts'

/** The words of a call of compose, up to its command. */
export function composeArgv({
  files,
  profiles,
  project,
  envFile,
}: Pick<ComposeConfigRequest, 'files' | 'profiles' | 'project' | 'envFile'>): string[] {
  return [
    'docker',
    'compose',
    '--project-name',
    project,
    ...files.flatMap((file) => ['-f', file]),
    ...profiles.flatMap((profile) => ['--profile', profile]),
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
  ]
}

/** Values travel in the environment, never in argv, which everybody on this machine can read. */
export function callEnvironment(
  { values }: Pick<ComposeConfigRequest, 'values'>,
  env: Environment,
): Environment {
  return { ...env, ...values, PATH: env['PATH'] }
}

/** Why compose did not even begin; undefined when it did. */
export function whyNoCompose({
  code,
  stderr,
}: {
  readonly code: number
  readonly stderr: string
}): string | undefined {
  if (code === 127) return 'there is no docker command'
  if (/is not a docker command|unknown (shorthand )?flag|unknown docker command/.test(stderr)) {
    return 'docker compose (version 2) is missing'
  }
  if (/Cannot connect to the Docker daemon|permission denied while trying/.test(stderr)) {
    return stderr.trim().split('\n').at(-1) ?? ''
  }
  return undefined
}
