import type { AppConfig, CheckConfig } from '../../config/app-config.ts'
import { nearest } from '../../config/source/nearest.ts'
import { askedCases, type Case } from '../../checks/proof/case.ts'
import {
  type Difference,
  type From,
  type Here,
  type Reasons,
  unknown,
  type Verdict,
} from '../../checks/check.ts'
import { goRound, type Memory, NO_MEMORY } from '../../checks/proof/round.ts'
import { Failure } from '../../base/failure.ts'
import { accessoryContainers } from '../../plan/accessories.ts'
import type { Release } from '../../plan/release.ts'
import { hereOf } from '../fleet.ts'
import { nothingDeployed } from '../look/failures.ts'
import { type Seen, type Unseen, withSurvey } from '../look/survey.ts'
import type { World } from '../world.ts'
import { noSuchSuite, nothingToAsk } from './failures.ts'

export interface SmokeRequest {
  readonly config: AppConfig
  /** Only the checks of this suite, whether or not a deployment asks them. */
  readonly suite?: string
  /** How long what is not good yet is asked again. */
  readonly waitMs: number
}

/** What each check found where the app serves now. */
export interface SmokeReport {
  readonly app: string
  readonly environment: string
  readonly suite: string | null
  /** When the last of it was asked: ISO 8601. */
  readonly at: string
  readonly hosts: readonly HostSmoke[]
  readonly unreachable: readonly Unseen[]
}

export interface HostSmoke {
  readonly host: string
  /** The release that was asked. */
  readonly release: string
  readonly checks: readonly CheckFound[]
}

export interface CheckFound {
  readonly check: string
  /** From where it was asked. */
  readonly from: From
  /** `fail`: it answered, and wrongly. `unknown`: it could not be asked. */
  readonly verdict: Verdict['verdict']
  readonly text: string
  readonly differences: readonly Difference[]
  readonly evidence: readonly string[]
  readonly hint: string | null
}

/** How soon what is not good is asked again. */
const AGAIN_MS = 500

/** Asks the smoke checks of `belay.yaml` of the release that serves. Changes nothing. */
export async function smoke(world: World, request: SmokeRequest): Promise<SmokeReport> {
  const { config, suite } = request
  const checks = chosenChecks(request)
  return withSurvey(world, config, async ({ seen, unseen }) => {
    const { app, environment } = config
    if (seen.length > 0 && seen.every(({ observed }) => observed.current === undefined)) {
      throw nothingDeployed({ environment })
    }
    const hosts = await Promise.all(seen.map((host) => smokeHost(world, { request, host, checks })))
    const at = new Date(world.clock.now()).toISOString()
    return { app, environment, suite: suite ?? null, at, hosts, unreachable: unseen }
  })
}

function chosenChecks({ config, suite }: SmokeRequest): readonly CheckConfig[] {
  const { smoke: all, suites = {}, environment } = config
  if (suite !== undefined && !Object.hasOwn(suites, suite)) {
    const known = Object.keys(suites)
    throw noSuchSuite({ suite, known, near: nearest(suite, known) })
  }
  const checks = suite === undefined ? all : (suites[suite] ?? [])
  if (checks.length === 0) throw nothingToAsk({ environment, suite })
  return checks
}

interface AtHost {
  readonly request: SmokeRequest
  readonly host: Seen
  readonly checks: readonly CheckConfig[]
}

async function smokeHost(world: World, { request, host, checks }: AtHost): Promise<HostSmoke> {
  const { observed, link } = host
  const serving = observed.releases.find(({ id }) => id === observed.current)?.release
  if (serving === undefined) {
    const found = checks.map((check) => notThere(nameOf(check), 'no release serves on this host'))
    return { host: host.host, release: '-', checks: found }
  }
  const here = hereAt(world, request.config, host.host)
  const known = [...serving.services.map(({ name }) => name), ...serving.accessories]
  const asked = checks.map((check) => specOf(check, serving))
  const strange = asked.filter(({ service }) => !known.includes(service))
  const cases = askedCases({
    release: { ...serving, checks: asked.filter(({ service }) => known.includes(service)) },
    services: known,
    through: 'front-door',
    slot: serving.slot,
    host: link,
    here,
    accessories: accessoryContainers(serving, observed.containers),
  })
  const memory = await untilGood(world, { link, here, cases, waitMs: request.waitMs })
  return {
    host: host.host,
    release: serving.id,
    checks: [
      ...cases.map((each, n) => found(each, memory.verdicts[n] ?? unknown('was not asked'))),
      ...strange.map((spec) =>
        notThere(nameOf(spec), `${serving.id} has no service ${spec.service}`),
      ),
    ],
  }
}

function hereAt(world: World, config: AppConfig, name: string): Here {
  const address = config.hosts.find((each) => each.name === name)
  if (address === undefined) throw new Error(`no host ${name}`)
  return hereOf(world, config, address)
}

/** A check that names no service asks the first one that clients reach, as a deployment does. */
function specOf({ kind, service, settings }: CheckConfig, { services }: Release) {
  const front = services.find(({ routes }) => routes.length > 0) ?? services[0]
  return { kind, service: service ?? front?.name ?? '', settings }
}

function nameOf({ kind, service }: CheckConfig): string {
  return service === undefined ? kind : `${service}: ${kind}`
}

interface Asking {
  readonly link: Seen['link']
  readonly here: Here
  readonly cases: readonly Case[]
  readonly waitMs: number
}

/** One lost packet is no alarm: what is not good is asked again, for a while. */
async function untilGood(world: World, { link, here, cases, waitMs }: Asking): Promise<Memory> {
  const { clock, signal } = world
  const begun = clock.monotonic()
  let memory = NO_MEMORY
  for (;;) {
    memory = await goRound({ host: link, here, clock }, cases, memory).catch((error) =>
      silenced(error, cases),
    )
    const isGood = memory.verdicts.every(({ verdict }) => verdict === 'pass')
    if (isGood || signal.aborted || clock.monotonic() - begun + AGAIN_MS > waitMs) return memory
    await clock.sleep(AGAIN_MS, signal)
  }
}

/** A Docker that does not answer says nothing about the app. */
function silenced(error: unknown, cases: readonly Case[]): Memory {
  if (!(error instanceof Failure) || error.code !== 'DOCKER_STOPPED') throw error
  const silent = unknown('Docker does not answer', { elsewhere: true })
  return { ...NO_MEMORY, verdicts: cases.map(() => silent) }
}

function found({ name, from }: Case, verdict: Verdict): CheckFound {
  const { evidence = [], hint = null, differences = [] } = reasonsOf(verdict)
  const { text } = verdict
  return { check: name, from, verdict: verdict.verdict, text, differences, evidence, hint }
}

function reasonsOf(verdict: Verdict): Reasons {
  return verdict.verdict === 'pass' ? {} : verdict
}

function notThere(check: string, text: string): CheckFound {
  const hint = 'Deploy what belay.yaml says, or correct the check.'
  return { check, from: 'host', verdict: 'unknown', text, differences: [], evidence: [], hint }
}
