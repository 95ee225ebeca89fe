import type { CiFacts } from './ci-system.ts'
import keys from './keys.sh'
import { hasValuesFile, indented, MINUTES_MAX, runScript, secretsOf } from './parts.ts'
import summary from './summary.sh'

/** The commit that was tested, and not what the branch has by now. */
export const CHECKOUT = `- uses: actions/checkout@v4
  with:
    ref: \${{ github.event.workflow_run.head_sha || github.sha }}
    persist-credentials: false`

/** The job that runs Belay, once for each environment. */
export function deployJob(facts: CiFacts): string {
  return `  deploy:
    needs: choose
    if: needs.choose.outputs.environments != '[]'
    name: \${{ inputs.action || 'deploy' }} \${{ matrix.environment }}
    runs-on: ubuntu-latest
    timeout-minutes: ${MINUTES_MAX}
    strategy:
      fail-fast: false
      matrix:
        environment: \${{ fromJSON(needs.choose.outputs.environments) }}
    environment: \${{ matrix.environment }}
    # One at a time for each environment. A newer one takes the place of one that still waits; one
    # that runs is never cancelled for it.
    concurrency:
      group: belay-${facts.app}-\${{ matrix.environment }}
      cancel-in-progress: false
    env:
      ENVIRONMENT: \${{ matrix.environment }}
      ACTION: \${{ inputs.action || 'deploy' }}
    steps:
${steps(facts).map(step).join('\n')}`
}

function steps(facts: CiFacts): readonly string[] {
  return [...PREPARED, install(facts), KEYS, belay(facts), SUMMARY, KEPT]
}

const PREPARED = [
  CHECKOUT,
  `- uses: actions/setup-node@v4
  with:
    node-version: 22`,
  `- name: Folders of this run
  shell: bash
  run: |
    {
      echo "BELAY_SSH=$RUNNER_TEMP/belay-ssh"
      echo "BELAY_SSH_CONFIG=$RUNNER_TEMP/belay-ssh/config"
      echo "OUT=$RUNNER_TEMP/belay-out"
    } >>"$GITHUB_ENV"`,
]

function install({ version }: CiFacts): string {
  return `- name: Install Belay
  shell: bash
  run: npm install --global belay-deploy@${version}`
}

const KEYS = `- name: The servers’ keys and ours
  shell: bash
  env:
    BELAY_SSH_KEY: \${{ secrets.BELAY_SSH_KEY }}
    BELAY_KNOWN_HOSTS: \${{ secrets.BELAY_KNOWN_HOSTS }}
  run: |
${indented(keys, 4)}`

function belay(facts: CiFacts): string {
  return `- name: Belay
  id: belay
  shell: bash
  env:
    RELEASE: \${{ inputs.release }}
    CONFIRM: \${{ inputs.confirm }}
    DRY_RUN: \${{ inputs.dry-run }}
${secretLines(facts)}  run: |
${indented(runScript(facts), 4)}`
}

const SUMMARY = `- name: Summary
  if: always()
  shell: bash
  env:
    OUTCOME: \${{ steps.belay.outcome }}
  run: |
${indented(summary, 4)}
    rm -rf "$BELAY_SSH"`

const KEPT = `- name: Log and receipt
  if: always()
  uses: actions/upload-artifact@v4
  with:
    name: belay-\${{ matrix.environment }}-\${{ github.run_attempt }}
    path: \${{ env.OUT }}
    retention-days: 30
    if-no-files-found: ignore`

export function step(text: string): string {
  return indented(text, 6)
}

function secretLines(facts: CiFacts): string {
  const names = [...(hasValuesFile(facts) ? ['BELAY_ENV_FILE'] : []), ...secretsOf(facts)]
  return names.map(secretLine).join('')
}

function secretLine(name: string): string {
  return `    ${name}: \${{ secrets.${name} }}\n`
}
