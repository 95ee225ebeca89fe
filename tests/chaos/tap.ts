import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { must } from '../lab/command.ts'

/** Before a request leaves the deployer; once it was sent; once its answer is there, and held back. */
export type Moment = 'before' | 'during' | 'after'

/** A request of the real session, as it passes. */
export interface Passing {
  readonly moment: Moment
  /** To which server, and its number in that session. */
  readonly host: string
  readonly id: string
  readonly verb: string
  readonly words: readonly string[]
  /** The first lines of what is sent along: in an action, the note and the first instructions. */
  readonly note: string
  readonly lines: readonly string[]
}

/** What becomes of it: on its way as it is, not at all, or its first half and then no more. */
export type Fate = 'go' | 'drop' | 'half'

/** A folder for `PATH` whose `ssh` is the real one, with an ear at the kit's session. */
export interface Tap {
  readonly folder: string
  /** Asked at every request and every answer; nothing moves until it is known. */
  onPassing: (passing: Passing) => Fate | Promise<Fate>
  close(): void
}

export async function openTap(): Promise<Tap> {
  const folder = mkdtempSync(join(tmpdir(), 'belay-tap-'))
  const path = join(folder, 'tap.sock')
  const ssh = (await must(['which', 'ssh'])).trim()
  // A copy: somebody may change it meanwhile.
  const relay = join(folder, 'tap.mjs')
  copyFileSync('tests/chaos/tap.mjs', relay)
  const script = `#!/bin/sh
case " $* " in
*' ControlMaster=yes '*) exec '${process.execPath}' '${relay}' '${path}' '${ssh}' "$@" ;;
*) exec '${ssh}' "$@" ;;
esac
`
  writeFileSync(join(folder, 'ssh'), script)
  chmodSync(join(folder, 'ssh'), 0o755)
  const tap: Tap = {
    folder,
    onPassing: () => 'go',
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    const lines = createInterface({ input: socket })
    // The relay ends with its ssh, whatever it still wanted to know.
    lines
      .on('error', () => undefined)
      .on('line', (line) => {
        const passing = JSON.parse(line) as Passing
        void Promise.resolve(tap.onPassing(passing)).then((fate) => socket.write(`${fate}\n`))
      })
  })
  await new Promise<void>((done) => server.listen(path, done))
  return tap
}
