// Builds the command for Node alone: `npm run build`, or with a folder behind it, to put it elsewhere.
//
// - `program.js`: all of it in one file, which a server that deploys what is pushed gets alone. It is a
//   script, as only of those Node 20 can keep what it compiled; Node runs it as a module just as well.
// - `belay.js`: what is called. It reads the other only for what it cannot answer itself.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { build } from 'esbuild'

const [, , folder = 'dist'] = process.argv

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

/**
 * A static import of a module of Node stands at the top of the bundle and is paid for on every
 * call, `--version` included. Asked for where it is used, it costs only whoever uses it.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /^[a-z]/ }, ({ path }) =>
      isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    )
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

/**
 * Mail needs to guess no type from a file's name: the table of all of them would be as large as
 * the rest of nodemailer, and every start would pay for it.
 */
const noMimeTypes = {
  name: 'no-mime-types',
  setup(bundle) {
    bundle.onLoad({ filter: /nodemailer[\\/].*[\\/]mime-types\.js$/ }, () => ({
      contents: `
        export const detectMimeType = () => 'application/octet-stream'
        export const detectExtension = () => 'bin'`,
    }))
  },
}

const common = {
  outdir: folder,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  // What is ASCII is half as large in memory, and `belay.js` relies on it.
  charset: 'ascii',
  plugins: [lazyBuiltins, noMimeTypes],
  banner: { js: '#!/usr/bin/env node' },
  define: { BELAY_VERSION: JSON.stringify(version) },
  loader: { '.sh': 'text', '.caddy': 'text' },
  metafile: true,
  logLevel: 'warning',
  write: false,
}

const program = await build({
  ...common,
  entryPoints: { program: 'src/cli/program.ts' },
  format: 'iife',
})
const belay = await build({ ...common, entryPoints: { belay: 'src/cli/main.ts' }, format: 'esm' })

// Put in place whole: the last ones may be running just now.
mkdirSync(folder, { recursive: true })
for (const { path, contents } of [...program.outputFiles, ...belay.outputFiles]) {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, contents, { mode: 0o755 })
  renameSync(draft, path)
}

const [{ inputs }] = Object.values(program.metafile.outputs)

// `import { z } from 'zod'` brings all of its languages along, four times the rest of the bundle.
const locales = Object.entries(inputs).filter(
  ([path, { bytesInOutput }]) => path.includes('zod/v4/locales/') && bytesInOutput > 0,
)
if (locales.length > 2) {
  throw new Error(`import * as z from 'zod', not { z }: ${locales.length} languages were bundled`)
}
