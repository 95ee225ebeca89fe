import { Failure } from '../../base/failure.ts'
import type { AppConfig, HostAddress } from '../../config/app-config.ts'
import type { World } from '../world.ts'
import { examineSetup } from '../setup/examine.ts'
import { examinePower } from './power.ts'
import { type Finding, findingsOf } from './findings.ts'

export interface DoctorReport {
  readonly app: string
  readonly environment: string
  readonly hosts: readonly { readonly host: string; readonly findings: readonly Finding[] }[]
  readonly problems: number
  readonly warnings: number
}

/** Examines each host by itself: what is wrong with one says nothing about the others. */
export async function doctor(world: World, config: AppConfig): Promise<DoctorReport> {
  const hosts = await Promise.all(
    config.hosts.map(async (address) => ({
      host: address.name,
      findings: await examine(world, config, address),
    })),
  )
  const count = (level: Finding['level']): number =>
    hosts.flatMap(({ findings }) => findings).filter((each) => each.level === level).length
  const { app, environment } = config
  return { app, environment, hosts, problems: count('problem'), warnings: count('warning') }
}

async function examine(
  world: World,
  config: AppConfig,
  address: HostAddress,
): Promise<readonly Finding[]> {
  const { app, environment } = config
  const link = world.hostAt(address)
  const before = world.clock.now()
  try {
    world.tell({ type: 'progress', host: address.name, text: 'examining' })
    const observed = await link.connect({ app, environment }, world.signal)
    const found = findingsOf(observed, { before, after: world.clock.now() })
    const [setup, power] = await Promise.all([
      examineSetup(link, config),
      examinePower(link, observed, { app, environment }),
    ])
    return [...found, ...setup, ...power]
  } catch (error) {
    if (!(error instanceof Failure) || error.exit === 'interrupted') throw error
    const what = [error.message, ...error.evidence].join('\n')
    const fix = BY_SETUP.has(error.code) ? `${error.hint}\n${SETUP}` : error.hint
    return [{ level: 'problem', about: error.code, what, fix }]
  } finally {
    await link.close()
  }
}

const BY_SETUP: ReadonlySet<string> = new Set(['NO_DOCKER', 'NO_COMPOSE', 'DOCKER_NOT_PERMITTED'])
const SETUP = 'On Debian and Ubuntu Belay can do it: belay host setup --as root'
