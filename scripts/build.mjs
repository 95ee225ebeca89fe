// Bundles the command into one file that runs with Node alone: `npm run build`, or with the file's
// name behind it, to put it elsewhere.
import { chmodSync, readFileSync, renameSync } from 'node:fs'
import { build } from 'esbuild'

// Put in place whole: the last one may be running just now.
const [, , file = 'dist/belay.js'] = process.argv
const outfile = `${file}.${process.pid}`

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

/**
 * A static import of a module of Node stands at the top of the bundle and is paid for on every
 * call, `--version` included. Asked for where it is used, it costs only whoever uses it.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }))
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

const { metafile } = await build({
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  plugins: [lazyBuiltins, noMimeTypes],
  banner: {
    js: '#!/usr/bin/env node\nconst require = (name) => process.getBuiltinModule(name);',
  },
  define: { BELAY_VERSION: JSON.stringify(version) },
  loader: { '.sh': 'text', '.caddy': 'text' },
  metafile: true,
  logLevel: 'warning',
})
chmodSync(outfile, 0o755)
renameSync(outfile, file)

// `import { z } from 'zod'` brings all of its languages along, four times the rest of the bundle.
const locales = Object.entries(Object.values(metafile.outputs)[0].inputs).filter(
  ([path, { bytesInOutput }]) => path.includes('zod/v4/locales/') && bytesInOutput > 0,
)
if (locales.length > 2) {
  throw new Error(`import * as z from 'zod', not { z }: ${locales.length} languages were bundled`)
}
