import { text } from '../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const exec = defineCommand({
  name: 'exec',
  group: 'Operate',
  summary: 'run a command in a running container of a service',
  details: [
    'On the first server, in the first container of the service that runs. Flags of Belay stand',
    'before the environment; everything after the service belongs to the command. Ends with the',
    "command's own exit code.",
  ],
  arguments: [
    ENVIRONMENT,
    { name: 'service', summary: 'a service of the compose file', required: true },
    { name: 'command', summary: 'what to run, with its arguments', required: true, many: true },
  ],
  flags: {
    release: text('id', 'in this release instead of the one that serves'),
    host: text('host', 'on this server instead of the first'),
  },
  examples: [
    'belay exec production web sh',
    'belay exec --host deploy@b.example.com production web -- python manage.py shell',
  ],
  changes: false,
  passesThrough: true,
  async run({ session, flags }) {
    const { config, rest } = await session.openApp()
    const world = await session.openWorld()
    const { execIn } = await import('../../operations/look/exec.ts')
    const { onlyHost } = await import('../../operations/look/containers.ts')
    const [service = '', ...typed] = rest
    const command = typed[0] === '--' ? typed.slice(1) : typed
    const { release, host } = flags
    const { stdin, stdout } = session.around
    return execIn(world, onlyHost(config, host), {
      service,
      command,
      tty: stdin.isTTY && stdout.isTTY === true,
      ...(release === undefined ? {} : { release }),
    })
  },
})
