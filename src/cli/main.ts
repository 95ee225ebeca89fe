import { version } from './version.ts'

// The commonest question of scripts is answered before anything else is even read.
if (process.argv.length === 3 && /^(--version|-V)$/.test(process.argv[2] ?? '')) {
  process.stdout.write(`${version}\n`)
} else {
  const { startProgram } = await import('./machine/start-program.ts')
  startProgram(import.meta.dirname)
}
