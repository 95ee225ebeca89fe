import type { CommandSettings } from '../config/checks/command.ts'
import type { CommandResult } from '../hosts/host.ts'
import { defineCheck, fail, pass, unknown, type Verdict } from './check.ts'
import { textMismatch } from './asking/matching.ts'

/** Runs a command in a container of the service; good when it exits 0 (and prints as expected). */
export const command = defineCheck<CommandSettings>({
  kind: 'command',
  title: ({ argv }) => shown(argv),

  needs: ({ argv, timeoutMs }, { containers }) => ({
    commands: containers
      .slice(0, 1)
      .map((container) => ({ container, argv, timeoutSeconds: Math.ceil(timeoutMs / 1000) })),
  }),

  judge: ({ commands, containers }, settings, subject) => {
    const [name = subject.service] = subject.containers
    const state = containers[name]?.state
    if (state !== undefined && state !== 'running') return unknown('its container does not run')
    const [result] = commands
    return result === undefined ? unknown('was not run') : judgeResult(result, settings)
  },
})

function judgeResult({ code, output }: CommandResult, { output: match }: CommandSettings): Verdict {
  const evidence = lastLines(output)
  switch (code) {
    case 0: {
      const mismatch = match && textMismatch(output, match)
      if (mismatch === undefined) return pass('exited with code 0')
      return fail(`exited with code 0, but what it printed ${mismatch}`, { evidence })
    }
    case 124:
      return fail('took too long', { evidence, hint: "Raise the check's `timeout`." })
    case 125:
      return unknown('could not be started', { elsewhere: true, evidence })
    case 126:
    case 127:
      return fail(`could not be started: the container has no such command (code ${code})`, {
        final: true,
        evidence,
      })
    default:
      return fail(`exited with code ${code}`, { evidence })
  }
}

function shown(argv: readonly string[]): string {
  const isShell = argv[0] === '/bin/sh' && argv[1] === '-c'
  const text = (isShell ? argv.slice(2) : argv).join(' ').replaceAll(/\s+/g, ' ')
  return `\`${text.length > 50 ? `${text.slice(0, 49)}…` : text}\``
}

const LINES_MAX = 10

function lastLines(output: string): readonly string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(-LINES_MAX)
}
