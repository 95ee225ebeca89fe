import { stagesOf } from '../../config/pipeline/stages.ts'
import { type CiEnvironment, type CiFacts, type CiPlace, defineCiSystem } from './ci-system.ts'
import branch from './branch.sh'
import keys from './keys.sh'
import { hasValuesFile, headerLines, indented, isOurs, keysHelp } from './parts.ts'
import { MINUTES_MAX, runScript, secretsOf } from './parts.ts'

const MAIN = '.gitlab-ci.yml'
const INCLUDED = '.gitlab/belay.yml'

/** GitLab CI: a pipeline of its own where there is none, else a file that the existing one includes. */
export const gitlab = defineCiSystem({
  kind: 'gitlab',
  title: 'GitLab CI',
  own: /^(CI|CI_\w+|GITLAB_\w+)$/,
  file: (place) => (mainIsTheirs(place) ? INCLUDED : MAIN),
  write: (facts, place) =>
    `${[
      headerLines('gitlab', facts)
        .map((line) => `# ${line}`)
        .join('\n'),
      variables(facts),
      template(facts, place),
      ...facts.environments.map((environment) => job(environment, facts)),
    ].join('\n\n')}\n`,
  next: (facts, file) => [
    ...(file === INCLUDED
      ? [`In ${MAIN}, add:`, '  include:', `    - local: ${INCLUDED}`, '']
      : []),
    'Variables, under Settings → CI/CD, masked, protected and with the environment as their scope:',
    '  BELAY_SSH_KEY      of type File: the private key that may log in to the servers',
    '  BELAY_KNOWN_HOSTS  of type File: the servers’ own keys, which you compare and print with:',
    ...keysHelp(facts.environments).map((line) => `    ${line}`),
    ...(hasValuesFile(facts) ? ['  BELAY_ENV_FILE     of type File: the whole env file'] : []),
    ...secretsOf(facts).map((name) => `  ${name}`),
    '',
    'So that a newer push takes the place of one that still waits, set the resource groups',
    `belay-${facts.app}-<environment> to process_mode newest_first, and leave “Prevent outdated`,
    'deployment jobs” on.',
  ],
})

function mainIsTheirs({ read }: CiPlace): boolean {
  const text = read(MAIN)
  return text !== undefined && !isOurs(text, 'gitlab')
}

/** What the form of “Run pipeline” asks for. */
function variables({ environments }: CiFacts): string {
  const names = environments.map(({ name }) => `"${name}"`).join(', ')
  return `variables:
  BELAY_ENVIRONMENT:
    description: By hand, where; empty in a pipeline that does not deploy by hand
    value: ""
    options: ["", ${names}]
  BELAY_ACTION:
    description: What
    value: deploy
    options: [deploy, rollback]
  BELAY_RELEASE:
    description: To which release a rollback goes, like r41; empty is the previous one
    value: ""
  BELAY_CONFIRM:
    description: For a rollback, type the release, or the environment where that is empty
    value: ""
  BELAY_DRY_RUN:
    description: Show what would be done, and do nothing
    value: "false"
    options: ["false", "true"]`
}

function template(facts: CiFacts, place: CiPlace): string {
  const { after, builds, version } = facts
  const needs = after === undefined ? '' : `\n  needs: [${JSON.stringify(after)}]`
  const docker = builds
    ? `\n  # Images are built here; that takes a runner that may run privileged containers.
  services: [docker:28-dind]`
    : ''
  return `.belay:
  stage: ${stageIn(place)}${needs}
  image: docker:28-cli${docker}
  # A newer pipeline may take the place of a job that waits; one that runs is never cancelled for it.
  interruptible: false
  timeout: ${MINUTES_MAX} minutes
  variables:
    DOCKER_TLS_CERTDIR: /certs
    BELAY_SSH: /tmp/belay-ssh-$CI_JOB_ID
    BELAY_SSH_CONFIG: /tmp/belay-ssh-$CI_JOB_ID/config
    OUT: $CI_PROJECT_DIR/belay-out
  before_script:
    - apk add --no-cache git nodejs npm openssh-client
    - npm install --global belay-deploy@${version}
  script:
    - |
${indented(CHOSEN, 6)}
${indented(branch, 6)}
${indented(keys, 6)}
    - |
${indented(runScript(facts), 6)}
  after_script:
    - rm -rf "$BELAY_SSH"
  artifacts:
    when: always
    expire_in: 30 days
    paths: [belay-out/]
    reports: { junit: belay-out/receipt.xml }`
}

/** What was chosen by hand counts only in a pipeline that was started by hand. */
const CHOSEN = `if [ -n "$BELAY_ENVIRONMENT" ]; then
  ACTION=$BELAY_ACTION RELEASE=$BELAY_RELEASE CONFIRM=$BELAY_CONFIRM DRY_RUN=$BELAY_DRY_RUN
fi
REF=$CI_COMMIT_REF_NAME`

/** A stage of theirs: the one called deploy, or the last. */
function stageIn(place: CiPlace): string {
  const stages = mainIsTheirs(place) ? stagesOf(place.read(MAIN) ?? '') : []
  return stages.length === 0 || stages.includes('deploy') ? 'deploy' : stages.at(-1)!
}

function job({ name, branch }: CiEnvironment, { app }: CiFacts): string {
  const automatic =
    branch === undefined
      ? ''
      : `
    - if: >-
        $BELAY_ENVIRONMENT == "" && $CI_COMMIT_BRANCH == "${branch}" &&
        $CI_PIPELINE_SOURCE =~ /^(push|pipeline|parent_pipeline)$/`
  return `belay-${name}:
  extends: .belay
  environment:
    name: ${name}
  # One at a time for each environment.
  resource_group: belay-${app}-${name}
  variables:
    ENVIRONMENT: ${name}
    BRANCH: ${JSON.stringify(branch ?? '')}
  rules:
    - if: >-
        $BELAY_ENVIRONMENT == "${name}" &&
        $CI_PIPELINE_SOURCE =~ /^(web|api|trigger|schedule)$/${automatic}`
}
