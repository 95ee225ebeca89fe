import { EXIT } from '../../base/exit.ts'
import { text } from '../argv/flags.ts'
import { defineCommand } from './command.ts'

export const init = defineCommand({
  name: 'init',
  group: 'Start',
  summary: 'write belay.yaml for an existing compose file',
  details: [
    'Reads the compose file, guesses what each service is for, and asks only what it cannot see:',
    'where the servers are, and under which domain the app answers. Nothing else is changed.',
    'The flags answer questions beforehand; without a terminal only --host is needed.',
  ],
  arguments: [],
  flags: {
    compose: text('file', 'the compose file, where it is not found by itself'),
    host: text('hosts', 'user@server, or several with commas, or local'),
    domain: text('domain', 'where requests come from; * for any name over plain HTTP'),
    service: text('name', 'which service answers them, where several could'),
    port: text('port', 'on which port of its container'),
    health: text('path', 'which path answers 200 when it is healthy; - for none'),
    name: text('app', 'what the app is called'),
  },
  examples: ['belay init', 'belay init --host deploy@shop.example.com --domain shop.example.com'],
  changes: false,
  async run({ session, flags }) {
    const { writeFirstConfig } = await import('../write-first-config.ts')
    const { compose, host: hosts, domain, service: web, port, health, name: app } = flags
    const given = Object.fromEntries(
      Object.entries({ hosts, domain, web, port, health, app }).filter(
        ([, answer]) => answer !== undefined,
      ),
    )
    const lines = await writeFirstConfig(session, { compose, given })
    session.reporter.answer({ of: 'init', data: { lines }, render: ({ lines }) => lines })
    return EXIT.ok
  },
})
