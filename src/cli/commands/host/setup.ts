import { EXIT } from '../../../base/exit.ts'
import { text, toggle } from '../../argv/flags.ts'
import { notAgreed } from '../../failures.ts'
import { ENVIRONMENT, HOST, defineCommand } from '../command.ts'

export const hostSetup = defineCommand({
  name: 'host setup',
  group: 'Operate',
  summary: 'make a bare Debian or Ubuntu server ready: Docker, a deploy user, folders, firewall',
  details: [
    'Looks first and shows what is there, what it would do and why. Installs Docker and Compose from',
    "the system's own packages, makes the user who deploys with your key, the folders of setup.folders,",
    'bounds for logs, and the firewall of setup.firewall. Safe to repeat; takes nothing away. Needs',
    'root, or sudo without a password.',
  ],
  arguments: [ENVIRONMENT, HOST],
  flags: {
    as: text('user', 'log in as this user, such as root, and not as who deploys'),
    key: text('file', "the public key of who deploys; the one that ssh offers when it isn't given"),
    dryRun: toggle('show what would be done, and touch nothing'),
  },
  examples: ['belay host setup production --as root', 'belay host setup production --dry-run'],
  changes: false,
  async run({ session, flags }) {
    const { config } = await session.openHosts()
    const question = {
      command: 'host setup',
      what: 'changes a server',
      ask: `Set up ${config.hosts.map(({ name }) => name).join(', ')}?`,
    }
    if (!flags.dryRun) session.consent.mustBePossible(question)
    const [{ setUpFromHere }, { renderSetup }] = await Promise.all([
      import('../../servers/set-up.ts'),
      import('../../output/answers/servers/setup.ts'),
    ])
    const show = (data: Parameters<typeof renderSetup>[0]): void =>
      session.reporter.answer({ of: 'setup', data, render: renderSetup })
    const report = await setUpFromHere(session, config, {
      ...flags,
      agree: (planned) => {
        show(planned)
        return session.consent.ask(question)
      },
    })
    if (report.state === 'declined') throw notAgreed({ command: question.command })
    show(report)
    const isStuck = report.hosts.some(({ steps }) => steps.some(({ state }) => state === 'cannot'))
    return isStuck ? EXIT.unavailable : EXIT.ok
  },
})
