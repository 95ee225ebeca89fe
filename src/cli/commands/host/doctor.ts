import { EXIT } from '../../../base/exit.ts'
import { ENVIRONMENT, HOST, defineCommand } from '../command.ts'

export const hostDoctor = defineCommand({
  name: 'host doctor',
  group: 'Operate',
  summary: 'examine each server and say what to do about what is wrong',
  details: [
    'Looks at the connection, Docker and Compose, disk, memory, clock, ports, the proxy, the',
    'releases and the journal, and changes nothing. Ends with 3 when something must be solved.',
  ],
  arguments: [ENVIRONMENT, HOST],
  flags: {},
  examples: ['belay host doctor production', 'belay host doctor deploy@a.example.com'],
  changes: false,
  async run({ session }) {
    const { config } = await session.openHosts()
    const world = await session.openWorld()
    const { doctor } = await import('../../../operations/look/doctor.ts')
    const { renderDoctor } = await import('../../output/answers/servers/doctor.ts')
    const report = await doctor(world, config)
    session.reporter.answer({ of: 'doctor', data: report, render: renderDoctor })
    return report.problems > 0 ? EXIT.unavailable : EXIT.ok
  },
})
