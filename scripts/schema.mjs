// Writes what is published about the configuration from the code that reads it: the JSON Schema,
// and the reference in the guide. A test holds both equal to what this would write.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const outfile = resolve('.cache', `published.${process.pid}.mjs`)
await build({
  entryPoints: ['scripts/published.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
})
const { publishedGuide, publishedSchema } = await import(pathToFileURL(outfile).href)

mkdirSync('schema', { recursive: true })
writeFileSync('schema/belay.schema.json', publishedSchema())
const guide = 'docs/guide/configuration.md'
writeFileSync(guide, publishedGuide(readFileSync(guide, 'utf8')))
