import { EXIT } from '../../../base/exit.ts'
import { text } from '../../argv/flags.ts'
import { ENVIRONMENT, HOST, defineCommand } from '../command.ts'

export const hostTrust = defineCommand({
  name: 'host trust',
  group: 'Operate',
  summary: "show a server's key and, if it is the right one, remember it",
  details: [
    'The first contact with a server is where somebody could step in between. Compare the',
    'fingerprint with the one that the server itself or its provider shows, then say yes. The key',
    'goes into the known_hosts file of your ssh. Without a terminal give --fingerprint.',
  ],
  arguments: [ENVIRONMENT, HOST],
  flags: { fingerprint: text('SHA256:…', 'accept this key, and no other, without asking') },
  examples: [
    'belay host trust production',
    'belay host trust deploy@a.example.com --fingerprint SHA256:uNiVztksCsDhcc0u9e8BgrJXVGLvV',
  ],
  changes: false,
  async run({ session, flags }) {
    const { config } = await session.openHosts()
    const { trustHost } = await import('../../servers/trust-host.ts')
    for (const address of config.hosts) await trustHost(session, address, flags.fingerprint)
    return EXIT.ok
  },
})
