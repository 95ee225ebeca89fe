import type { RunResult } from '../../../src/hosts/host.ts'
import type { SimulatedServer } from './simulated-server.ts'

const STATE_FILE = /^\/var\/lib\/belay\/([^/]+)\/([^/]+)\/(.+)$/

/** The few programs that a simulated server has: enough to read what a release staged. */
export function runProgram(
  server: SimulatedServer,
  [program = '', ...words]: readonly string[],
): RunResult {
  if (program === 'echo') return { code: 0, stdout: `${words.join(' ')}\n`, stderr: '' }
  if (program === 'cat') return read(server, words[0] ?? '')
  return { code: 127, stdout: '', stderr: `${program}: not found\n` }
}

function read(server: SimulatedServer, path: string): RunResult {
  const [, app = '', environment = '', rest = ''] = STATE_FILE.exec(path) ?? []
  const text = server.kit({ app, environment }).state.read(rest)
  if (text !== undefined) return { code: 0, stdout: text, stderr: '' }
  return { code: 1, stdout: '', stderr: `cat: ${path}: No such file or directory\n` }
}
