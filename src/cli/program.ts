import { COMMANDS } from './commands/index.ts'
import { surroundingsOf } from './machine/surroundings.ts'
import { run } from './run.ts'
import { version } from './version.ts'

// No `await` at the top: what is built of this is a script as well as a module (`main.ts`).
void run(surroundingsOf(process, version), COMMANDS).then((code) => {
  // Written out first; then nothing that was left open may keep the process.
  process.stdout.write('', () => process.exit(code))
})
