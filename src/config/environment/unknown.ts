import { nearest } from '../source/nearest.ts'
import type { EnvironmentParts } from './parts.ts'

/** Settings of the programs that read such a file as well. */
const OF_PROGRAMS = /^(COMPOSE|DOCKER|BUILDKIT|BUILDX|BELAY)_/

/** Names in the env file that neither the template nor a compose file knows: slips, mostly. */
export function unknownNames({
  envFile,
  template,
  uses,
  required,
  shown,
}: Pick<EnvironmentParts, 'envFile' | 'template' | 'uses' | 'required' | 'shown'>): string[] {
  if (envFile === undefined || template === undefined) return []
  const ours = [...template.names, ...required].map(({ name }) => name)
  const known = new Set([...ours, ...uses.uses.map(({ name }) => name)])
  return [...envFile.lines]
    .filter(([name]) => !known.has(name) && !OF_PROGRAMS.test(name))
    .map(([name, line]) => {
      const near = nearest(name, known)
      const meant = near === undefined ? '' : `; did you mean ${near}?`
      return (
        `${shown(envFile.path)}:${line}: ${name} is neither in ${shown(template.path)} nor used ` +
        `by the compose file${meant}`
      )
    })
}
