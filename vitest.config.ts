import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { LANES } from './tests/lab/lanes.ts'
import { defineConfig, type Plugin } from 'vitest/config'

/** Files that go into the program as text, as esbuild's loaders do it in scripts/build.mjs. */
const text: Plugin = {
  name: 'text',
  transform: (code, id) =>
    /\.(sh|caddy)$/.test(id) ? `export default ${JSON.stringify(code)}` : undefined,
}

/** GitHub's parser imports JSON in a way that Node 20 does not know, and ships maps of no sources. */
const workflowParser: Plugin = {
  name: 'workflow-parser',
  enforce: 'pre',
  load: (id) =>
    /@actions\/workflow-parser\/.*\.js$/.test(id)
      ? readFileSync(id, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '')
      : undefined,
}
const inlined = { deps: { inline: [/@actions\/workflow-parser/] } }

/**
 * `unit` needs nothing but Node. `lab` needs Docker and the lab servers, which its global set-up
 * brings up (or fails); two files run at once, each with servers of its own.
 */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [text, workflowParser],
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'tests/{architecture,bench,contracts,guarantees,kit,simulation}/**/*.test.ts',
          ],
          testTimeout: 60_000,
          server: inlined,
          // The tests of the kit wait more than they compute.
          maxWorkers: availableParallelism() + 1,
        },
      },
      {
        plugins: [text],
        test: {
          name: 'lab',
          include: ['tests/{chaos,e2e,lab,render}/**/*.test.ts'],
          globalSetup: ['tests/lab/global-setup.ts', 'tests/render/global-setup.ts'],
          setupFiles: ['tests/lab/set-up-file.ts'],
          maxWorkers: LANES,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
