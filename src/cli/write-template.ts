import { existsSync, writeFileSync } from 'node:fs'
import { namesIn, templateText } from '../config/environment/write-template.ts'
import { envTemplateExists } from '../config/failures.ts'
import type { LoadedConfig } from '../config/load.ts'

/** Writes the template beside the env file, and says what to do with it; or only shows it. */
export function writeTemplate(
  { environment }: Pick<LoadedConfig, 'environment'>,
  { dryRun }: { dryRun: boolean },
): string[] {
  const { template, templatePath, shown } = environment
  const text = templateText(environment)
  if (dryRun) return text.trimEnd().split('\n')
  const file = shown(templatePath)
  if (existsSync(templatePath)) {
    const known = new Set(template?.names.map(({ name }) => name))
    const lacks = namesIn(environment).filter((name) => !known.has(name))
    throw envTemplateExists({ file, lacks })
  }
  writeFileSync(templatePath, text, { flag: 'wx' })
  return [
    `${file} is written, with ${namesIn(environment).length} names and no value of yours.`,
    'Say in its comments what each is for, take out what may be missing, and commit it.',
    'belay env check tells which of them have a value.',
  ]
}
