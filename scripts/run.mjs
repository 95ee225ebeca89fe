// Runs a TypeScript program of this repository under Node 20: `node scripts/run.mjs FILE [ARGUMENT…]`.
import { mkdirSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const [, , file, ...rest] = process.argv
mkdirSync('.cache', { recursive: true })
const outfile = resolve('.cache', `${basename(file, '.ts')}.${process.pid}.mjs`)
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  loader: { '.sh': 'text', '.caddy': 'text' },
  logLevel: 'warning',
})
process.argv = [process.argv[0], file, ...rest]
process.once('exit', () => rmSync(outfile, { force: true }))
await import(pathToFileURL(outfile).href)
