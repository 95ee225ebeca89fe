import { quote } from '../../hosts/shell.ts'
import { type CiFacts, defineCiSystem } from './ci-system.ts'
import { deployJob, CHECKOUT, step } from './github-deploy.ts'
import { byBranch, hasValuesFile, headerLines, indented, keysHelp, secretsOf } from './parts.ts'
import unmixed from './unmixed.sh'

const FILE = '.github/workflows/deploy.yml'

/** GitHub Actions: one workflow; the environments' own secrets and rules hold, where there are any. */
export const github = defineCiSystem({
  kind: 'github',
  title: 'GitHub Actions',
  own: /^(CI|GITHUB_\w+|RUNNER_\w+)$/,
  file: () => FILE,
  write: (facts) =>
    `${[
      headerLines('github', facts)
        .map((line) => `# ${line}`)
        .join('\n'),
      'name: Deploy',
      triggers(facts),
      'permissions:\n  contents: read',
      `jobs:\n${choose(facts)}\n${deployJob(facts)}`,
    ].join('\n\n')}\n`,
  next: (facts) => [
    'Secrets, under Settings → Environments (one for each environment) or for the repository:',
    '  BELAY_SSH_KEY      the private key that may log in to the servers',
    '  BELAY_KNOWN_HOSTS  the servers’ own keys, which you compare once and print with:',
    ...keysHelp(facts.environments).map((line) => `    ${line}`),
    ...(hasValuesFile(facts) ? ['  BELAY_ENV_FILE     the whole env file of the environment'] : []),
    ...secretsOf(facts).map((name) => `  ${name}`),
  ],
})

function triggers(facts: CiFacts): string {
  const branches = JSON.stringify([...byBranch(facts).keys()].map(escaped))
  const { after, deploymentFiles, environments } = facts
  const paths = deploymentFiles.map((path) => `      - ${JSON.stringify(escaped(path))}`)
  const push = [`  push:`, `    branches: ${branches}`]
  const upstream = [
    `  workflow_run:`,
    `    workflows: [${JSON.stringify(after)}]`,
    `    types: [completed]`,
    `    branches: ${branches}`,
  ]
  const automatic = after === undefined ? push : [...push, '    paths:', ...paths, ...upstream]
  const names = environments.map(({ name }) => name).join(', ')
  return `on:
${byBranch(facts).size === 0 ? '' : `${automatic.join('\n')}\n`}  workflow_dispatch:
    inputs:
      environment:
        description: Where
        type: choice
        options: [${names}]
        required: true
      action:
        description: What
        type: choice
        options: [deploy, rollback]
        default: deploy
      release:
        description: To which release a rollback goes, like r41; empty is the previous one
        type: string
      confirm:
        description: For a rollback, type the release, or the environment where that is empty
        type: string
      dry-run:
        description: Show what would be done, and do nothing
        type: boolean
        default: false`
}

/** In a filter, some characters that a name may have mean something else. */
function escaped(name: string): string {
  return name.replaceAll(/[*?+[\]!\\]/g, String.raw`\$&`)
}

/** Which environments an event is for; nothing that a fork started, or that failed, has any. */
function choose(facts: CiFacts): string {
  const { after, deploymentFiles, environments } = facts
  const upstream =
    after === undefined
      ? ''
      : `
    if: >-
      github.event_name != 'workflow_run' || (
      github.event.workflow_run.conclusion == 'success' &&
      github.event.workflow_run.event == 'push' &&
      github.event.workflow_run.head_repository.full_name == github.repository)`
  const checkout = after === undefined ? '' : `${step(CHECKOUT)}\n`
  const others = quote(deploymentFiles.map((path) => `:(exclude,top,literal)${path}`))
  const mixed = after === undefined ? '' : `\n${indented(unmixed.replace('"$@"', others), 0)}`
  const branches = [...byBranch(facts)].map(
    ([branch, names]) => `      ${branch}) found='${JSON.stringify(names)}' ;;`,
  )
  const script = `case $EVENT in
  workflow_dispatch)
    case $WANTED in
${environments.map(({ name, branch }) => `      ${name}) own=${branch ?? '$BRANCH'} ;;`).join('\n')}
    esac
    if [ "$ACTION" != rollback ] && [ "$BRANCH" != "$own" ]; then
      echo "::error::$WANTED is deployed from $own. Choose it under 'Use workflow from'."
      exit 1
    fi
    found="[\\"$WANTED\\"]"
    ;;
  *)
    case $BRANCH in
${branches.join('\n')}
      *) found='[]' ;;
    esac
    ;;
esac${mixed}
echo "environments=$found" >>"$GITHUB_OUTPUT"`
  return `  choose:${upstream}
    runs-on: ubuntu-latest
    timeout-minutes: 5
    outputs:
      environments: \${{ steps.choose.outputs.environments }}
    steps:
${checkout}      - name: Choose the environments
        id: choose
        shell: bash
        env:
          EVENT: \${{ github.event_name }}
          BRANCH: \${{ github.event.workflow_run.head_branch || github.ref_name }}
          BEFORE: \${{ github.event.before }}
          WANTED: \${{ inputs.environment }}
          ACTION: \${{ inputs.action }}
        run: |
${indented(script, 10)}
`
}
