import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import { parse } from 'yaml'

/**
 * Runs the jobs of a GitHub workflow on this machine, step by step, as a runner does: expressions
 * by GitHub's own evaluator, scripts by the shell and with the options that a runner uses. Steps
 * that use an action are left to the caller.
 */
export interface Event {
  readonly github: Json
  readonly inputs?: Json
  readonly secrets?: Readonly<Record<string, string>>
}

type Json = { readonly [key: string]: unknown }

interface Step {
  readonly name?: string
  readonly id?: string
  readonly if?: string
  readonly uses?: string
  readonly with?: Json
  readonly env?: Json
  readonly run?: string
  readonly shell?: string
}

interface Job {
  readonly if?: string
  readonly needs?: string
  readonly env?: Json
  readonly steps: readonly Step[]
  readonly outputs?: Json
}

export interface Workflow {
  readonly on: Json
  readonly jobs: Readonly<Record<string, Job>>
}

export interface Ended {
  readonly step: string
  readonly code: number
  readonly output: string
}

export interface Runner {
  /** The checkout. */
  readonly workspace: string
  readonly temp: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Steps that are not run here; named by their `uses` or their name. */
  readonly replaced: (step: string, settings: Json) => boolean
  /** Told of the process of each script, by the name of its step. */
  readonly onStart?: (step: string, pid: number) => void
}

export function newRunner(over: Partial<Runner> & Pick<Runner, 'env'>): Runner {
  const folder = mkdtempSync(join(tmpdir(), 'belay-runner-'))
  const [workspace, temp] = [join(folder, 'work'), join(folder, 'temp')]
  for (const each of [workspace, temp]) mkdirSync(each)
  return { workspace, temp, replaced: (step) => step.includes('@'), ...over }
}

export function workflowOf(text: string): Workflow {
  return parse(text) as Workflow
}

export interface RanJob {
  readonly steps: readonly Ended[]
  readonly code: number
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** One job, for one line of its matrix. */
export async function runJob(
  job: Job,
  event: Event & { readonly matrix?: Json; readonly needs?: Json },
  runner: Runner,
): Promise<RanJob> {
  const files = { env: 'env', output: 'output', summary: 'summary' }
  const path = (name: string): string => join(runner.temp, `github-${name}`)
  for (const name of Object.values(files)) writeFileSync(path(name), '')
  const ended: Ended[] = []
  const steps: Record<string, unknown> = {}
  let code = 0
  const context = (): Json => ({
    ...event,
    runner: { temp: runner.temp },
    env: { ...fill(job.env, { ...event }), ...linesIn(path('env')) },
    steps,
  })
  for (const step of job.steps) {
    if (!isDue(step, code, context())) continue
    const name = step.name ?? step.uses ?? ''
    if (runner.replaced(step.uses ?? name, fill(step.with, context()))) continue
    const env = {
      ...runner.env,
      ...fill(job.env, context()),
      ...linesIn(path('env')),
      ...fill(step.env, context()),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ENV: path('env'),
      GITHUB_OUTPUT: path('output'),
      GITHUB_STEP_SUMMARY: path('summary'),
      RUNNER_TEMP: runner.temp,
    }
    const file = path('script')
    writeFileSync(file, step.run ?? '')
    const ran = await script(file, { env, runner, name })
    ended.push({ step: name, ...ran })
    if (ran.code !== 0) code ||= ran.code
    if (step.id !== undefined) {
      const outcome = ran.code === 0 ? 'success' : 'failure'
      steps[step.id] = { outcome, outputs: linesIn(path('output')) }
    }
  }
  const summary = readFileSync(path('summary'), 'utf8')
  return { steps: ended, code, outputs: fill(job.outputs, context()), summary }
}

/** A condition that names no status of the job holds only while nothing failed. */
function isDue(step: Step, code: number, context: Json): boolean {
  const condition = step.if ?? 'success()'
  if (/always\(\)/.test(condition)) return true
  if (code !== 0) return false
  return /success\(\)/.test(condition) || isTrue(condition, context)
}

export function isTrue(condition: string, context: Json): boolean {
  const bare = condition.replace(/^\$\{\{(.*)\}\}$/s, '$1')
  return evaluate(bare, context) === 'true'
}

/** `KEY=value` lines, as scripts append them. */
function linesIn(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n')
  return Object.fromEntries(
    lines.flatMap((line) =>
      [/^([^=]+)=(.*)$/.exec(line)?.slice(1, 3) ?? []].filter((pair) => pair.length === 2),
    ),
  )
}

function fill(values: Json | undefined, context: Json): Record<string, string> {
  const entries = Object.entries(values ?? {}).map(([key, value]) => [
    key,
    String(value).replaceAll(/\$\{\{(.*?)\}\}/gs, (_, inner: string) => evaluate(inner, context)),
  ])
  return Object.fromEntries(entries) as Record<string, string>
}

export function evaluate(expression: string, context: Json): string {
  const names = ['github', 'inputs', 'secrets', 'needs', 'matrix', 'env', 'steps', 'runner']
  const { tokens } = new Lexer(expression.trim()).lex()
  const tree = new Parser(tokens, names, []).parse()
  const dictionary = new data.Dictionary()
  for (const name of names) dictionary.add(name, dataOf(context[name]))
  return new Evaluator(tree, dictionary).evaluate().coerceString()
}

function dataOf(value: unknown): data.ExpressionData {
  const text = JSON.stringify(value ?? {})
  return JSON.parse(text, data.reviver) as data.ExpressionData
}

function script(
  file: string,
  { env, runner, name }: { env: NodeJS.ProcessEnv; runner: Runner; name: string },
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
      cwd: runner.workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const collect = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const timer = setTimeout(() => child.kill('SIGKILL'), 170_000)
    child.once('spawn', () => runner.onStart?.(name, child.pid!))
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 137, output })
    })
  })
}
