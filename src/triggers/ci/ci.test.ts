import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  type Event,
  isTrue,
  newRunner,
  runJob,
  workflowOf,
} from '../../../tests/ci/github-runner.ts'
import { githubMistakes, gitlabMistakes, jenkinsMistakes } from '../../../tests/ci/judges.ts'
import type { CiFacts, CiPlace } from './ci-system.ts'
import { CI_SYSTEMS } from './index.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { isOurs, writtenAfter } from './parts.ts'

const PLAIN: CiFacts = {
  app: 'shop',
  version: '1.2.3',
  where: [],
  environments: [{ name: 'production', branch: 'main', hosts: ['a'], variables: [], required: [] }],
  deploymentFiles: ['belay.yaml', 'compose.yaml'],
  builds: false,
}

const RICH: CiFacts = {
  ...PLAIN,
  where: ['-C', "ana's shop"],
  after: `Build & "test" it's`,
  builds: true,
  environments: [
    { name: 'staging', branch: 'release/1+x', hosts: ['a'], variables: ['TOKEN'], required: [] },
    {
      name: 'production',
      branch: 'main',
      hosts: ['ssh://deploy@b:2222', 'c'],
      variables: ['TOKEN'],
      required: ['DATABASE_URL'],
      valuesFile: "ana's shop/.env.production",
    },
    { name: 'eu', branch: 'main', hosts: ['c'], variables: [], required: [] },
    { name: 'demo', hosts: ['d'], variables: [], required: [] },
  ],
}

const HAND: CiFacts = {
  ...PLAIN,
  environments: [{ name: 'demo', hosts: [], variables: [], required: [] }],
}

const EMPTY: CiPlace = { read: () => undefined }
const JUDGES: Readonly<
  Record<string, (text: string) => Promise<readonly string[]> | readonly string[]>
> = { github: githubMistakes, gitlab: gitlabMistakes, jenkins: jenkinsMistakes }

describe.each(CI_SYSTEMS.map((system) => [system.kind, system] as const))('%s', (kind, system) => {
  it.each([
    ['plain', PLAIN],
    ['rich', RICH],
    ['by hand only', HAND],
    ['after another', { ...PLAIN, after: 'CI' }],
  ])('is right by what the system publishes: %s', async (_, facts) => {
    expect(await JUDGES[kind]!(system.write(facts, EMPTY))).toEqual([])
  })
  it('is known again, with what it waits for', () => {
    const text = system.write(RICH, EMPTY)
    expect(isOurs(text, kind)).toBe(true)
    expect(isOurs(text, 'other')).toBe(false)
    expect(writtenAfter(text)).toBe(RICH.after)
    expect(writtenAfter(system.write(PLAIN, EMPTY))).toBeUndefined()
  })
  it('names every secret, and asks no server for its key', () => {
    const text = system.write(RICH, EMPTY)
    const told = system.next(RICH, system.file(EMPTY)).join('\n')
    expect(text).not.toContain('ssh-keyscan')
    expect(text).toContain('StrictHostKeyChecking yes')
    for (const name of ['TOKEN', 'DATABASE_URL']) {
      // Where an env file has them too, Jenkins leaves the required ones to it.
      if (kind !== 'jenkins' || name === 'TOKEN') expect(told).toContain(name)
    }
    expect(told).toContain(`ssh-keygen -F '[b]:2222'`)
    expect(told).toContain('belay host trust production')
  })
  it('keeps what a run leaves for 30 days', () => {
    expect(system.write(PLAIN, EMPTY)).toMatch(/retention-days: 30|30 days|daysToKeepStr: '30'/)
  })
})

describe('the judges', () => {
  it('would be heard', async () => {
    const broken = github.write(PLAIN, EMPTY)
    expect(await githubMistakes(broken.replace('runs-on', 'run-on'))).not.toEqual([])
    expect(
      await githubMistakes(broken.replace('matrix.environment', 'matrx.environment')),
    ).not.toEqual([])
    const pipeline = gitlab.write(PLAIN, EMPTY)
    expect(gitlabMistakes(pipeline.replace('artifacts:', 'artefacts:'))).not.toEqual([])
    expect(gitlabMistakes(pipeline.replace('when: always', 'when: ever'))).not.toEqual([])
    const declarative = CI_SYSTEMS[2]!.write(PLAIN, EMPTY)
    for (const [from, to] of [
      ['  stages {', '  stage {'],
      ['steps {', 'step {'],
      ["')", "'"],
      ["'''\n}", '}'],
    ]) {
      expect(jenkinsMistakes(declarative.replace(from!, to!)), from).not.toEqual([])
    }
  })
})

describe('which environments a GitHub event is for', () => {
  const choose = async (facts: CiFacts, event: Event): Promise<unknown> => {
    const { jobs } = workflowOf(github.write(facts, EMPTY))
    const job = jobs['choose']!
    if (job.if !== undefined && !isTrue(job.if, { ...event })) return 'skipped'
    const runner = newRunner({ env: { PATH: process.env['PATH'] } })
    const { outputs, code, steps } = await runJob(job, event, runner)
    rmSync(join(runner.temp, '..'), { recursive: true })
    return code === 0 ? JSON.parse(outputs['environments']!) : steps.at(-1)!.output.trim()
  }
  const push = (branch: string): Event => ({
    github: { event_name: 'push', ref_name: branch, event: { before: '0'.repeat(40) } },
  })
  const upstream = (over: Readonly<Record<string, unknown>>): Event => ({
    github: {
      event_name: 'workflow_run',
      repository: 'ana/shop',
      ref_name: 'main',
      event: {
        workflow_run: {
          conclusion: 'success',
          event: 'push',
          head_branch: 'release/1+x',
          head_repository: { full_name: 'ana/shop' },
          ...over,
        },
      },
    },
  })
  const byHand = (branch: string, inputs: Readonly<Record<string, string>>): Event => ({
    github: { event_name: 'workflow_dispatch', ref_name: branch, event: {} },
    inputs: { action: 'deploy', ...inputs },
  })

  it('a push deploys every environment of its branch, and no other', async () => {
    const facts = { ...RICH }
    delete (facts as { after?: string }).after
    expect(await choose(facts, push('main'))).toEqual(['production', 'eu'])
    expect(await choose(facts, push('release/1+x'))).toEqual(['staging'])
    expect(await choose(facts, push('other'))).toEqual([])
  })
  it('a build deploys when it succeeded, was of a push, and of this very repository', async () => {
    expect(await choose(RICH, upstream({}))).toEqual(['staging'])
    expect(await choose(RICH, upstream({ conclusion: 'failure' }))).toBe('skipped')
    expect(await choose(RICH, upstream({ event: 'pull_request' }))).toBe('skipped')
    const fork = { head_repository: { full_name: 'eve/shop' }, head_branch: 'main' }
    expect(await choose(RICH, upstream(fork))).toBe('skipped')
  })
  it('by hand the environment is the one that was chosen, from its own branch', async () => {
    expect(await choose(RICH, byHand('main', { environment: 'eu' }))).toEqual(['eu'])
    expect(await choose(RICH, byHand('x', { environment: 'demo' }))).toEqual(['demo'])
    expect(await choose(RICH, byHand('x', { environment: 'eu' }))).toContain(
      'is deployed from main',
    )
    const back = { environment: 'eu', action: 'rollback' }
    expect(await choose(RICH, byHand('x', back))).toEqual(['eu'])
  })
  it('where a build comes first, a push deploys only if nothing but deployment files changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'belay-ci-'))
    const git = (...words: readonly string[]): string => {
      const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']
      const ran = spawnSync('git', ['-C', folder, ...who, ...words], { encoding: 'utf8' })
      return ran.stdout.trim()
    }
    const commit = (file: string): string => {
      writeFileSync(join(folder, file), `${Math.random()}`)
      git('add', '--all')
      git('commit', '--quiet', '--message', file)
      return git('rev-parse', 'HEAD')
    }
    git('init', '--quiet', '--initial-branch', 'main')
    git('remote', 'add', 'origin', folder)
    const first = commit('app.js')
    const second = commit('belay.yaml')
    const { jobs } = workflowOf(github.write({ ...PLAIN, after: 'CI' }, EMPTY))
    const chosen = async (before: string): Promise<unknown> => {
      const event = { github: { event_name: 'push', ref_name: 'main', event: { before } } }
      const runner = newRunner({ env: { PATH: process.env['PATH'] }, workspace: folder })
      return JSON.parse((await runJob(jobs['choose']!, event, runner)).outputs['environments']!)
    }
    expect(await chosen(first)).toEqual(['production'])
    commit('app.js')
    expect(await chosen(second)).toEqual([])
    expect(await chosen('0'.repeat(40))).toEqual([])
    rmSync(folder, { recursive: true })
  })
})

describe('the steps of a run', () => {
  let runner: ReturnType<typeof newRunner>
  const BELAY = '#!/bin/sh\necho "called: $*"\necho "token: $TOKEN"\n'

  beforeEach(() => {
    const bin = mkdtempSync(join(tmpdir(), 'belay-ci-bin-'))
    fake(bin, BELAY)
    runner = newRunner({
      env: { PATH: `${bin}:${process.env['PATH']}` },
      replaced: (step) => step.includes('@') || step === 'Install Belay',
    })
    spawnSync('git', ['init', '--quiet', runner.workspace])
  })
  afterEach(() => rmSync(join(runner.temp, '..'), { recursive: true }))

  function fake(bin: string, text: string): void {
    writeFileSync(join(bin, 'belay'), text)
    chmodSync(join(bin, 'belay'), 0o755)
  }
  const secrets = {
    BELAY_SSH_KEY: '-----BEGIN KEY-----\r\nabc\r\n-----END KEY-----',
    BELAY_KNOWN_HOSTS: 'a ssh-ed25519 AAAA',
    TOKEN: 't0ken',
    BELAY_ENV_FILE: 'DATABASE_URL=x\nB="two words"',
  }
  const facts: CiFacts = {
    ...RICH,
    environments: RICH.environments.map((each) =>
      each.valuesFile === undefined ? each : { ...each, valuesFile: '.env.production' },
    ),
  }
  const deploy = (inputs: Event['inputs'] = {}, given: Event['secrets'] = secrets) =>
    runJob(
      workflowOf(github.write(facts, EMPTY)).jobs['deploy']!,
      { github: { event: {} }, inputs, secrets: given, matrix: { environment: 'production' } },
      runner,
    )

  it('keep the keys for themselves, the way ssh wants them', async () => {
    const text = github.write(facts, EMPTY).replaceAll('rm -rf "$BELAY_SSH"', ':')
    const job = workflowOf(text).jobs['deploy']!
    const event = {
      github: { event: {} },
      inputs: {},
      secrets,
      matrix: { environment: 'production' },
    }
    expect((await runJob(job, event, runner)).code).toBe(0)
    const file = (name: string): string => join(runner.temp, 'belay-ssh', name)
    expect(readFileSync(file('key'), 'utf8')).toBe('-----BEGIN KEY-----\nabc\n-----END KEY-----\n')
    for (const name of ['key', 'known_hosts', 'config'])
      expect(statSync(file(name)).mode & 0o77).toBe(0)
    const shown = spawnSync('ssh', ['-G', '-F', file('config'), 'a'], { encoding: 'utf8' }).stdout
    expect(shown).toContain(`userknownhostsfile ${file('known_hosts')}`)
    expect(shown).toContain('stricthostkeychecking true')
  })
  it('call Belay with the values, and tell what it said', async () => {
    const { steps, code, summary } = await deploy()
    expect(code).toBe(0)
    const belay = steps.find(({ step }) => step === 'Belay')
    expect(belay?.output).toContain(
      `called: deploy production --yes --wait 30m -C ana's shop --report `,
    )
    expect(belay?.output).toContain('token: t0ken')
    expect(readFileSync(join(runner.workspace, '.env.production'), 'utf8')).toBe(
      'DATABASE_URL=x\nB="two words"\n',
    )
    const status = spawnSync('git', ['status', '--porcelain'], {
      cwd: runner.workspace,
      encoding: 'utf8',
    })
    expect(status.stdout).toBe('')
    expect(summary).toContain('### Belay: deploy production, success')
    expect(summary).toContain('called: deploy production')
    expect(readFileSync(join(runner.temp, 'belay-out/belay.log'), 'utf8')).toContain(
      'called: deploy',
    )
    expect(existsSync(join(runner.temp, 'belay-ssh'))).toBe(false)
  })
  it('name all secrets that are missing at once, and start nothing', async () => {
    const { steps, code, summary } = await deploy({}, {})
    expect(code).toBe(2)
    expect(steps.map(({ output }) => output).join('')).toContain(
      'These secrets are missing: BELAY_SSH_KEY BELAY_KNOWN_HOSTS. Nothing was touched.',
    )
    expect(steps.map(({ step }) => step)).not.toContain('Belay')
    expect(summary).toContain('It did not come to start Belay.')
  })
  it.each([
    [{ action: 'rollback' }, 'type production to confirm'],
    [{ action: 'rollback', confirm: 'yes' }, 'type production to confirm'],
    [{ action: 'rollback', release: 'r4', confirm: 'production' }, 'type r4 to confirm'],
    [{ action: 'rollback', release: '--steal', confirm: '--steal' }, 'named like r41'],
    [{ action: 'rollback', confirm: 'production' }, 'called: rollback production --yes'],
    [{ action: 'rollback', release: 'r4', confirm: 'r4' }, 'called: rollback production r4 --yes'],
    [{ action: 'rollback', 'dry-run': 'true' }, 'called: rollback production --dry-run --yes'],
    [{ action: 'deploy', 'dry-run': 'true' }, 'called: deploy production --dry-run --yes'],
  ])('a rollback asks for the typed word: %j', async (inputs, said) => {
    const { steps } = await deploy(inputs)
    const belay = steps.find(({ step }) => step === 'Belay')
    expect(belay?.output).toContain(said)
    expect(belay?.output.includes('called:')).toBe(said.startsWith('called:'))
  })
  it('hand the signal of a cancelled job to Belay itself, and its exit code to the job', async () => {
    const bin = runner.env['PATH']!.split(':')[0]!
    fake(
      bin,
      '#!/bin/sh\ntrap "echo put back; exit 130" INT TERM\necho up\nwhile :; do sleep 0.1; done\n',
    )
    let pid = 0
    const cancelled: Promise<void>[] = []
    const wait = async (): Promise<void> => {
      const log = join(runner.temp, 'belay-out/belay.log')
      for (let tries = 0; tries < 300; tries++) {
        const text = (() => {
          try {
            return readFileSync(log, 'utf8')
          } catch {
            return ''
          }
        })()
        if (text.includes('up')) return void process.kill(pid, 'SIGINT')
        await new Promise((done) => setTimeout(done, 50))
      }
    }
    const watched = {
      ...runner,
      onStart: (step: string, started: number) => {
        if (step !== 'Belay') return
        pid = started
        cancelled.push(wait())
      },
    }
    runner = watched
    fakeShow(bin)
    const { steps, code } = await deploy()
    await Promise.all(cancelled)
    expect(code).toBe(130)
    expect(steps.find(({ step }) => step === 'Belay')?.output).toContain('put back')
  })

  /** Only the run itself hangs. */
  function fakeShow(bin: string): void {
    const text = readFileSync(join(bin, 'belay'), 'utf8')
    fake(bin, text.replace('#!/bin/sh\n', '#!/bin/sh\n[ "$1" != show ] || exit 0\n'))
  }

  it('take no value of an event into a script', () => {
    for (const { steps } of Object.values(workflowOf(github.write(RICH, EMPTY)).jobs)) {
      for (const { run } of steps) expect(run ?? '').not.toContain('${{')
    }
  })
})

describe('GitLab', () => {
  it('gets a file to include where it has a pipeline of its own, in a stage that is there', () => {
    const own = 'stages: [build, ship]\nbuild: { script: [make] }\n'
    const place: CiPlace = { read: (path) => (path === '.gitlab-ci.yml' ? own : undefined) }
    expect(gitlab.file(place)).toBe('.gitlab/belay.yml')
    expect(parse(gitlab.write(PLAIN, place))['.belay'].stage).toBe('ship')
    expect(gitlab.next(PLAIN, gitlab.file(place)).join('\n')).toContain('local: .gitlab/belay.yml')
    const ours: CiPlace = { read: () => gitlab.write(PLAIN, EMPTY) }
    expect(gitlab.file(ours)).toBe('.gitlab-ci.yml')
    expect(gitlab.write(PLAIN, ours)).toBe(gitlab.write(PLAIN, EMPTY))
  })
  it('waits for its own in a resource group, and is not cancelled for a newer one', () => {
    const pipeline = parse(gitlab.write(RICH, EMPTY))
    expect(pipeline['belay-production'].resource_group).toBe('belay-shop-production')
    expect(pipeline['.belay'].interruptible).toBe(false)
    expect(pipeline['.belay'].needs).toEqual([RICH.after])
  })
})
