import { type Environment, runProcess, startProcess } from '../process.ts'

/** A lock that the system itself takes back when its holder dies, however it dies. */
export interface Lock {
  readonly release: () => void
}

/** `flock` keeps the file as long as the program under it runs; that one ends with our pipe to it. */
const HOLD = 'echo held && exec cat >/dev/null'

/** Waits for its turn; `onBusy` is called once when it has to. */
export async function takeLock(
  file: string,
  { env, onBusy }: { env: Environment; onBusy: () => void },
): Promise<Lock> {
  if (await isHeld(file, env)) onBusy()
  const child = startProcess(['flock', file, 'sh', '-c', HOLD], { env })
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`flock ended with ${code}`)))
  })
  return { release: () => void child.stdin!.destroy() }
}

/** Whether somebody holds it just now. */
export async function isHeld(file: string, env: Environment): Promise<boolean> {
  const { code } = await runProcess(['flock', '-n', file, 'true'], { env, timeoutMs: 10_000 })
  return code === 1
}
