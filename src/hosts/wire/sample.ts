import { safeWord } from '../../base/names.ts'
import type { CommandResult, ContainerSample, Sample, SampleRequest } from '../host.ts'
import { quote } from '../shell.ts'
import { readHealth } from './containers.ts'

const STATES = ['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'missing'] as const

/** Seconds that the slowest of what is asked may take: all of it is asked side by side. */
export function longestOf({ containers, commands }: SampleRequest): number {
  const limits = containers.map(({ healthTimeoutSeconds }) => healthTimeoutSeconds)
  return Math.max(0, ...limits, ...commands.map(({ timeoutSeconds }) => timeoutSeconds))
}

/** The payload of `sample`: what is to be looked at, a line each. */
export function samplePayload(request: SampleRequest): Buffer {
  const lines = [
    ...request.containers.map((it) =>
      words('container', it.name, String(it.healthTimeoutSeconds), ...encoded(it.healthCommand)),
    ),
    ...request.commands.map((it) =>
      words('command', it.id, it.container, String(it.timeoutSeconds), ...encoded(it.argv)),
    ),
    ...request.logs.map((it) => words('logs', it.container, String(it.lines))),
  ]
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
}

function words(...parts: readonly string[]): string {
  return parts.map(safeWord).join(' ')
}

function encoded(argv: readonly string[] | undefined): readonly string[] {
  return argv === undefined ? [] : [Buffer.from(quote(argv)).toString('base64')]
}

/** What `sample` printed. Lines that begin with `= ` belong to the heading above them. */
export function readSample(lines: readonly string[]): Sample {
  const containers: Record<string, ContainerSample> = {}
  const commands: Record<string, CommandResult> = {}
  const logs: Record<string, readonly string[]> = {}
  for (const { words, output } of groups(lines)) {
    const [kind, name = '', word = ''] = words
    const result = resultOf(Number(word), output.join('\n'))
    const container = containers[name]
    if (kind === 'container') containers[name] = readContainer(words)
    else if (kind === 'command') commands[name] = result
    else if (kind === 'logs') logs[name] = output
    else if (container === undefined) continue
    else if (kind === 'health') containers[name] = { ...container, healthCommand: result }
    else if (kind === 'last') containers[name] = { ...container, lastLines: output }
  }
  return { containers, commands, logs }
}

/** `docker exec` ends with 1 where there is nothing to run a command in, as commands do. */
const NOT_STARTED =
  /^Error response from daemon: .*(No such container|is not running|is paused|is restarting)/i

function resultOf(code: number, output: string): CommandResult {
  return { code: code === 1 && NOT_STARTED.test(output) ? 125 : code, output }
}

interface Group {
  readonly words: readonly string[]
  readonly output: readonly string[]
}

function groups(lines: readonly string[]): readonly Group[] {
  const groups: { words: string[]; output: string[] }[] = []
  for (const line of lines) {
    if (/^=( |$)/.test(line)) groups.at(-1)?.output.push(line.slice(2))
    else groups.push({ words: line.split(' '), output: [] })
  }
  // A container comes before what is told about it, whatever was ready first on the host.
  return groups.sort((a, b) => rank(a) - rank(b))
}

function rank(group: Group): number {
  return group.words[0] === 'container' ? 0 : 1
}

function readContainer(words: readonly string[]): ContainerSample {
  const [, , state, exit, oom, restarts, health = '', how] = words
  return {
    // For the moment that it takes, `docker rm` shows one that was killed.
    state: state === 'removing' ? 'missing' : (STATES.find((known) => known === state) ?? 'dead'),
    exitCode: Number(exit),
    outOfMemory: oom === '1',
    restarts: Number(restarts),
    health: readHealth(health),
    ...(how === 'docker-restarted' ? { endedWithDocker: true } : {}),
    ...(how === 'stopped' ? { wasStopped: true } : {}),
    lastLines: [],
  }
}
