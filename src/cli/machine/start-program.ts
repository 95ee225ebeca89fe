import { join } from 'node:path'
import { compile, keep, placeOf } from './kept-compilation.ts'

/** It runs as if it had been imported; its compilation is kept when the call has gone well. */
export function startProgram(folder: string): void {
  const place = placeOf(process.env, process.argv.slice(2))
  const compiled = compile(join(folder, 'program.js'), place)
  if (compiled.isNew && place !== undefined) {
    process.once('exit', (code) => {
      if (code === 0) keep(compiled, place)
    })
  }
  compiled.script.runInThisContext()
}
