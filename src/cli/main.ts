declare const BELAY_VERSION: string

const version = typeof BELAY_VERSION === 'string' ? BELAY_VERSION : 'unbuilt'

// The commonest question of scripts is answered before anything else is even compiled.
if (process.argv.length === 3 && /^(--version|-V)$/.test(process.argv[2] ?? '')) {
  process.stdout.write(`${version}\n`)
} else {
  const [{ run }, { COMMANDS }, { surroundingsOf }] = await Promise.all([
    import('./run.ts'),
    import('./commands/index.ts'),
    import('./machine/surroundings.ts'),
  ])
  const code = await run(surroundingsOf(process, version), COMMANDS)
  // Written out first; then nothing that was left open may keep the process.
  process.stdout.write('', () => process.exit(code))
}
