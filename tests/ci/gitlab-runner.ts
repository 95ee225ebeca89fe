import { spawn } from 'node:child_process'
import { parse } from 'yaml'
import type { Ended, Runner } from './github-runner.ts'

interface Job {
  readonly extends?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly script?: readonly string[]
  readonly after_script?: readonly string[]
}

/**
 * Runs one job of a GitLab pipeline on this machine: its variables, its script in one shell, and
 * what follows in another, as GitLab's runner does. `before_script`, which installs, and rules,
 * which choose, are left out.
 */
export async function runGitlabJob(
  text: string,
  name: string,
  runner: Runner,
): Promise<readonly Ended[]> {
  const pipeline = parse(text) as Readonly<Record<string, Job>>
  const { extends: from = '', ...own } = pipeline[name]!
  const lent = pipeline[from]!
  const job = { ...lent, ...own }
  const written = { ...lent.variables, ...own.variables }
  const given = { CI: 'true', CI_PROJECT_DIR: runner.workspace, CI_JOB_ID: '7', ...runner.env }
  const variables = Object.fromEntries(
    Object.entries(written).map(([key, value]) => [key, expanded(value, given)]),
  )
  const env = { ...variables, ...given }
  const ended = await shell(job.script ?? [], env, runner)
  const after = await shell(job.after_script ?? [], env, runner)
  return [
    { step: 'script', ...ended },
    { step: 'after_script', ...after },
  ]
}

function expanded(value: string, env: Readonly<Record<string, string | undefined>>): string {
  return value.replaceAll(/\$(\w+)/g, (whole, name: string) => env[name] ?? whole)
}

function shell(
  script: readonly string[],
  env: NodeJS.ProcessEnv,
  { workspace }: Runner,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `set -e\n${script.join('\n')}`], {
      cwd: workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 170_000,
    })
    let output = ''
    const collect = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 137, output }))
  })
}
