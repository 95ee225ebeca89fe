import { basename, dirname } from 'node:path'
import { Failure } from '../../src/base/failure.ts'
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

/** What is said to be wrong with a configuration that is loaded so; nothing where it loads. */
export function mistakesOf(load: () => LoadedConfig): readonly string[] {
  try {
    load()
  } catch (error) {
    if (error instanceof Failure && error.code === 'CONFIG_INVALID') return error.evidence
    throw error
  }
  return []
}
