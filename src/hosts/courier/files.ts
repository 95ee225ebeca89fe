import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Answer, FileLetter } from './courier.ts'

/** Writes the files of a letter, one after another. */
export async function writeFiles({ files }: FileLetter): Promise<Answer> {
  const paths = files.map(({ path }) => path)
  for (const { path, text, how } of files) {
    try {
      await mkdir(dirname(path), { recursive: true })
      await (how === 'add' ? appendFile(path, text) : writeFile(path, text))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      const text = `${path} cannot be written (${code})`
      return { kind: 'denied', isPassing: false, text }
    }
  }
  return { kind: 'taken', text: `wrote ${paths.join(', ')}` }
}
