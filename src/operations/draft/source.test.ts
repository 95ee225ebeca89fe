import { beforeEach, describe, expect, test } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../../tests/support/releases.ts'
import { configOf, NOTHING_WRITTEN, stubWorld } from '../../../tests/support/worlds.ts'
import type { ComposeParcel, RunResult } from '../../hosts/host.ts'
import { dockerMissingHere } from '../../hosts/own-workstation/failures.ts'
import type { ComposeConfigRequest, ComposeWritten, Workstation } from '../../hosts/workstation.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Note } from '../../plan/plan.ts'
import { closeFleet, connectFleet } from '../fleet.ts'
import { composeNotes, readSource, readSourceAlone, type Source } from './source.ts'

const PARCEL = { project: '' } as ComposeParcel
const COMPOSE_SAYS = [
  'The "PART" variable is not set.',
  'The "TAG" variable is not set.',
  '/shop/compose.yml: the attribute `version` is obsolete, it will be ignored',
]

/** Where compose ran, and for which project, in order. */
let asked: string[]
beforeEach(() => {
  asked = []
})

function workstation(has: 'docker' | 'no docker', over: Partial<ComposeWritten> = {}): Workstation {
  const composeConfig = async (request: ComposeConfigRequest) => {
    const { project, elsewhere, onWarning } = request
    for (const text of COMPOSE_SAYS) onWarning?.(text)
    if (has === 'docker') asked.push(`here ${project}`)
    else if (elsewhere !== undefined) await elsewhere({ ...PARCEL, project })
    else throw dockerMissingHere({ wanted: 'read', reason: 'none' })
    return { name: project, services: {} }
  }
  const stub: Partial<Workstation> = {
    composeConfig,
    composeWritten: async () => ({ ...NOTHING_WRITTEN, ...over }),
    commit: async () => undefined,
    imageFacts: async () => ({}),
  }
  return stub as Workstation
}

/** Two hosts, named so that the first of the file is not the first by name. */
async function read(at: Workstation, serving?: string, over: Partial<Observed> = {}) {
  const host = (name: string) => ({
    observed: observedOf(name, serving === undefined ? undefined : releaseOf(serving), over),
    composeConfig: async ({ project }: ComposeParcel): Promise<RunResult> => {
      asked.push(`${name} ${project}`)
      return { code: 0, stdout: '', stderr: '' }
    },
  })
  const world = stubWorld({ zoe: host('zoe'), ada: host('ada') }, { workstation: at })
  const config = configOf(['zoe', 'ada'], { branch: 'plain-branch' })
  const connecting = connectFleet(world, config)
  const { source } = await readSource(world, config, { connecting, asItLies: false })
  await closeFleet(await connecting)
  return { source, world, config }
}

const texts = (source: Source) => composeNotes(source).map(({ text }: Note) => text)

describe('who reads the compose file', () => {
  test('this machine must, where it can, and nobody need be told', async () => {
    const { source } = await read(workstation('docker'))
    expect(asked).toEqual(['here shop-production'])
    expect(source.composedOn).toBeUndefined()
    expect(texts(source).join()).not.toContain('read the compose file')
  })

  test('else the first host by name must, and the plan say so once, with its version', async () => {
    const { source } = await read(workstation('no docker'))
    expect(asked).toEqual(['ada shop-production'])
    const { version } = source.composedOn ?? {}
    expect(source.composedOn).toEqual({ host: 'ada', version })
    const text = `there is no Docker Compose here, so ada read the compose file (Compose ${version})`
    expect(texts(source).filter((note) => note.includes('read the compose'))).toEqual([text])
  })

  test('a host that knows the project by another name must be asked once more', async () => {
    const { source } = await read(workstation('no docker', { name: 'renamed' }), 'r1')
    expect(asked).toEqual(['ada renamed', 'ada shop'])
    expect(source.model.name).toBe('shop')
  })

  test('without hosts that can be asked, that is a failure', async () => {
    const world = stubWorld({}, { workstation: workstation('no docker') })
    const reading = readSourceAlone(world, configOf(['ada']))
    await expect(reading).rejects.toMatchObject({ code: 'DOCKER_MISSING_HERE' })
  })
})

test('what compose takes from its caller must be hidden, but not what belay.yaml says', async () => {
  const secrets = ['hunter22', 'plain-branch', 'ada', 'production']
  const { world } = await read(workstation('docker', { secrets }))
  expect(world.secrets.scrub('hunter22 plain-branch ada production')).toBe(
    '••• plain-branch ada production',
  )
})

test('compose’s warnings must be passed on, but no part of a secret, nor that of `version`', async () => {
  const written = { warnings: ['.env:2: …'], namesInEnvFiles: new Set(['PART']) }
  const { source } = await read(workstation('docker', written))
  expect(source.warnings).toEqual(['.env:2: …', 'The "TAG" variable is not set.'])
})

test('the names of what runs on a server must be readable, although a database user has one', async () => {
  const containers = [containerOf('tickets-web-1', { service: 'web', project: 'tickets' })]
  const at = workstation('docker', { secrets: ['tickets', 'hunter22'] })
  const { world } = await read(at, undefined, { containers })
  expect(world.secrets.scrub('tickets-web-1 hunter22')).toBe('tickets-web-1 •••')
})
