import { createHmac } from 'node:crypto'
import type { AppConfig } from '../../config/app-config.ts'
import {
  type Comparison,
  compareReleases,
  type KeptFiles,
} from '../../plan/afterwards/compare-releases.ts'
import type { Release } from '../../plan/release.ts'
import { noSuchRelease, nothingDeployed } from '../look/failures.ts'
import { type Seen, withSurvey } from '../look/survey.ts'
import type { World } from '../world.ts'
import script from './read.sh'
import { releaseUnreadable } from './failures.ts'

export interface CompareReport extends Comparison {
  readonly app: string
  readonly environment: string
  /** Whose copy was read. */
  readonly host: string
  readonly from: ComparedRelease
  readonly to: ComparedRelease
}

export interface ComparedRelease {
  readonly id: string
  readonly createdAt: string
  readonly createdBy: string
  readonly commit: NonNullable<Release['commit']> | null
}

/** Two releases that a host keeps; the second is the one that serves, when it is not named. */
export function compare(
  world: World,
  config: AppConfig,
  { from, to }: { from: string; to: string | undefined },
): Promise<CompareReport> {
  return withSurvey(world, config, async ({ seen }) => {
    const serving = seen.find(({ observed }) => observed.current !== undefined)?.observed.current
    if (serving === undefined) throw nothingDeployed({ environment: config.environment })
    const wanted = [from, to ?? serving] as const
    const host = hostWith(seen, wanted)
    const { key, kept } = await read(host, config, wanted)
    const [a, b] = wanted.map((id) => kept.get(id))
    if (a === undefined || b === undefined) throw releaseUnreadable({ host: host.host })
    const digest = (value: string) =>
      createHmac('sha256', key).update(value).digest('hex').slice(0, 16)
    return {
      app: config.app,
      environment: config.environment,
      host: host.host,
      from: about(a.release),
      to: about(b.release),
      ...compareReleases(a, b, digest),
    }
  })
}

function hostWith(seen: readonly Seen[], wanted: readonly string[]): Seen {
  const kept = (each: Seen) => each.observed.releases.map(({ id }) => id)
  const found = seen.find((each) => wanted.every((id) => kept(each).includes(id)))
  if (found !== undefined) return found
  const all = [...new Set(seen.flatMap(kept))]
  const lost = wanted.find((id) => !all.includes(id)) ?? wanted[0] ?? ''
  throw noSuchRelease({ release: lost, kept: all })
}

function about({ id, createdAt, createdBy, commit }: Release): ComparedRelease {
  return { id, createdAt, createdBy, commit: commit ?? null }
}

interface Reading {
  readonly key: string
  readonly kept: ReadonlyMap<string, KeptFiles>
}

async function read(
  { host, link, observed }: Seen,
  { app, environment }: AppConfig,
  releases: readonly string[],
): Promise<Reading> {
  const state = `${observed.facts.stateRoot}/${app}/${environment}`
  const argv = ['sh', '-c', script, 'belay', state, ...new Set(releases)]
  const { code, stdout, stderr } = await link.run(argv)
  if (code !== 0) {
    throw releaseUnreadable({ host }, { evidence: stderr.trim().split('\n').slice(-5) })
  }
  const lines = stdout.split('\n').map((line) => line.split(' '))
  const key = lines.find(([word]) => word === 'key')?.[1] ?? ''
  const kept = new Map<string, KeptFiles>()
  for (const id of releases) {
    const part = (name: string): unknown => {
      const text = lines.find(([word, of]) => word === name && of === id)?.[2]
      if (text === undefined) return undefined
      return JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    }
    const release = part('release') as Release | undefined
    const compose = part('compose') as KeptFiles['compose'] | undefined
    const base = (part('base') ?? { services: {} }) as KeptFiles['base']
    if (key === '' || release === undefined || compose === undefined) continue
    const files = lines.flatMap(([word, of, hash = '', ...path]) =>
      word === 'file' && of === id ? [[path.join(' '), hash] as const] : [],
    )
    kept.set(id, { release, compose, base, files: Object.fromEntries(files) })
  }
  return { key, kept }
}
