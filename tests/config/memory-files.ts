import { basename, dirname } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig, LoadRequest } from '../../src/config/load.ts'
import type { ConfigFiles } from '../../src/config/source/files.ts'

/** Files in memory, by absolute path. */
export function memoryFiles(contents: Readonly<Record<string, string>>): ConfigFiles {
  return {
    read(path) {
      const text = contents[path]
      return text === undefined ? { kind: 'missing' } : { kind: 'text', text }
    },
    names(folder) {
      return Object.keys(contents).flatMap((path) =>
        dirname(path) === folder ? [basename(path)] : [],
      )
    },
    isExecutable: (path) => contents[path]?.startsWith('#!') === true,
  }
}

/** Loads `/app/belay.yaml` with that text, beside a compose file. */
export function loadText(
  text: string,
  more: Partial<LoadRequest> & { readonly beside?: Readonly<Record<string, string>> } = {},
): LoadedConfig {
  const beside = { '/app/compose.yaml': 'services: {}', ...more.beside }
  return loadConfig({
    directory: '/app',
    variables: {},
    files: memoryFiles({ '/app/belay.yaml': text, ...beside }),
    ...more,
  })
}
