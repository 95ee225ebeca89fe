import { envMissing } from '../failures.ts'
import type { MissingName } from './missing-name.ts'
import { type EnvironmentParts, has } from './parts.ts'

type Asked = Pick<
  EnvironmentParts,
  'envFile' | 'template' | 'uses' | 'required' | 'values' | 'shown'
>

/** All of them at once: of the template, of the compose files, of `env.required`. */
export function missingOf({
  envFile,
  template,
  uses,
  required,
  values,
  shown,
}: Asked): readonly MissingName[] {
  const file = template === undefined ? '' : shown(template.path)
  const names = template?.names ?? []
  const all = [
    ...names
      .filter(({ isOptional }) => !isOptional)
      .map(({ line, ...rest }) => ({ ...rest, at: `${file}:${line}` })),
    ...uses.demands.map(({ name, word, at, ...of }) => {
      return { name, about: word, at: `${shown(of.file)}:${at.line}`, isPlaceholder: false }
    }),
    ...required.map((each) => ({ ...each, about: '', isPlaceholder: false })),
  ]
  const first = new Map(all.toReversed().map((each) => [each.name, each]))
  return [...new Set(all.map(({ name }) => name))]
    .flatMap((name) => first.get(name) ?? [])
    .filter(({ name }) => !has(values, name))
    .map(({ name, at, about, isPlaceholder }) => {
      const isEmpty = Object.hasOwn(envFile?.values ?? {}, name)
      const why = isEmpty ? 'empty' : isPlaceholder ? 'placeholder' : 'missing'
      return { name, why, at, about }
    })
}

/** Fails with everything that is missing, where it is asked for and what it is. */
export function demand({ missing, envFile }: Pick<EnvironmentParts, 'missing' | 'envFile'>): void {
  if (missing.length === 0) return
  const evidence = missing.map(({ name, at, about, why }) => {
    const text = `${at}  ${name}${about === '' ? '' : `: ${about}`}`
    return why === 'placeholder' ? `${text} (what stands there is only a placeholder)` : text
  })
  const file = envFile === undefined ? {} : { file: envFile.path }
  throw envMissing({ names: missing, ...file }, { evidence })
}
