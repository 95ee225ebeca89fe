import { EXIT } from '../../../base/exit.ts'
import { text, toggle } from '../../argv/flags.ts'
import { defineCommand, ENVIRONMENT } from '../command.ts'

export const hookInstall = defineCommand({
  name: 'hook install',
  group: 'Operate',
  summary: 'let a git push to the server deploy',
  details: [
    'Makes a bare repository on the server of the environment, with hooks, and puts this Belay',
    'beside it: a push of the branch of the environment is deployed there, and you see it happen.',
    'The server needs Node and git. Run it again after an update, or after a change of belay.yaml',
    'that concerns servers or branches. Deploys nothing itself.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    repository: text('path', 'on the server; ~/belay/<app>/<environment>.git when left out'),
    key: text('file', 'a public key that may push there, and nothing else'),
    dryRun: toggle('look whether the server is fit for it, and stop'),
  },
  examples: ['belay hook install production', 'belay hook install --key colleague.pub'],
  changes: false,
  async run({ session, words, flags }) {
    const { installFromHere, openHookTarget } = await import('../../open-hook.ts')
    const { renderHook } = await import('../../output/answers/hook.ts')
    const target = openHookTarget(session, { word: words[0], repository: flags.repository })
    const report = await installFromHere(session, target, flags)
    session.reporter.answer({ of: 'hook', data: report, render: renderHook })
    return EXIT.ok
  },
})
