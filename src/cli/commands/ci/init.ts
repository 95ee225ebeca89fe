import { EXIT } from '../../../base/exit.ts'
import { text, toggle } from '../../argv/flags.ts'
import { wordMissing } from '../../failures.ts'
import { defineCommand } from '../command.ts'

export const ciInit = defineCommand({
  name: 'ci init',
  group: 'Start',
  summary: 'write the file by which GitHub, GitLab or Jenkins deploys',
  details: [
    'Reads belay.yaml and writes .github/workflows/deploy.yml, .gitlab-ci.yml (or a file to include',
    'in yours) or Jenkinsfile: which branch deploys what, by hand with a rollback, one run at a time,',
    'the secrets by name, and the log kept for 30 days. A file that is there is shown with what',
    'would change, and only written over when you say so. Prints the secrets that you have to make.',
  ],
  arguments: [{ name: 'system', summary: 'github, gitlab or jenkins', required: true }],
  flags: {
    after: text('name', 'deploy on success of this workflow or job; - for none'),
    file: text('path', 'write to this file of the repository'),
    force: toggle('write over a file that is there, without asking'),
    dryRun: toggle('show what would be written and stop'),
  },
  examples: [
    'belay ci init github --after CI',
    'belay ci init gitlab',
    'belay ci init jenkins --dry-run',
  ],
  changes: false,
  async run({ session, words, flags }) {
    const [system] = words
    if (system === undefined) {
      throw wordMissing({ command: 'ci init', what: 'a system: github, gitlab or jenkins' })
    }
    const { renderCi, writeCiFile } = await import('../../write-ci-file.ts')
    const report = await writeCiFile(session, { system, ...flags })
    session.reporter.answer({ of: 'ci', data: report, render: renderCi })
    return EXIT.ok
  },
})
