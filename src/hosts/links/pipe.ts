import type { ChildProcess } from 'node:child_process'
import { Duplex } from 'node:stream'
import { killGroup } from '../process.ts'
import { LastLines } from './last-lines.ts'
import type { Pipe } from './link.ts'

/** A program's standard input and output as one stream. */
export function pipeOf(child: ChildProcess): Pipe {
  const words = new LastLines(child.stderr!)
  let isOver = false
  const ended = new Promise<{ code: number; stderr: string }>((resolve) => {
    const end = (code: number | null): void => {
      isOver = true
      resolve({ code: code ?? 255, stderr: words.lines.join('\n') })
    }
    child.once('error', () => end(127))
    child.once('close', end)
  })
  const stream = streamOf(child)
  stream.once('close', () => {
    if (!isOver) killGroup(child, 'SIGTERM')
  })
  return { stream, ended }
}

function streamOf(child: ChildProcess): Duplex {
  const [input, output] = [child.stdin!, child.stdout!]
  const stream = new Duplex({
    read: () => void output.resume(),
    write: (chunk: Buffer, _encoding, done) => void input.write(chunk, () => done()),
    final: (done) => void input.end(() => done()),
  })
  output.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) output.pause()
  })
  output.on('end', () => stream.push(null))
  // That the program is gone shows as the end of its output.
  input.on('error', () => undefined)
  return stream
}
