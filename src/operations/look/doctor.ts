import { Failure } from '../../base/failure.ts'
import type { AppConfig, HostAddress } from '../../config/app-config.ts'
import type { World } from '../world.ts'
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
  { app, environment }: AppConfig,
  address: HostAddress,
): Promise<readonly Finding[]> {
  const link = world.hostAt(address)
  const before = world.clock.now()
  try {
    world.tell({ type: 'progress', host: address.name, text: 'examining' })
    const observed = await link.connect({ app, environment }, world.signal)
    return findingsOf(observed, { before, after: world.clock.now() })
  } catch (error) {
    if (!(error instanceof Failure) || error.exit === 'interrupted') throw error
    const what = [error.message, ...error.evidence].join('\n')
    return [{ level: 'problem', about: error.code, what, fix: error.hint }]
  } finally {
    await link.close()
  }
}
