import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import type { ConfigFiles } from '../../config/source/files.ts'

/** The configuration's files on this machine's disk. */
export const configFiles: ConfigFiles = {
  read: (path) => {
    try {
      const bytes = readFileSync(path)
      return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' }
      return { kind: 'unreadable', reason: REASONS[code] ?? code }
    }
  },
  names: (folder) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  },
  isExecutable: (path) => {
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  },
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not text in UTF-8',
}
