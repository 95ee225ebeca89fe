import { type CiEnvironment, type CiFacts, defineCiSystem } from './ci-system.ts'
import branchCheck from './branch.sh'
import keys from './keys.sh'
import { headerLines, indented, keysHelp, MINUTES_MAX, runScript } from './parts.ts'

/** Jenkins: a declarative pipeline for a multibranch job, with the plugins of its standard set. */
export const jenkins = defineCiSystem({
  kind: 'jenkins',
  title: 'Jenkins',
  own: /^(BRANCH_NAME|BUILD_\w+|CHANGE_\w+|GIT_\w+|JENKINS_\w+|JOB_\w+|NODE_\w+|WORKSPACE)$/,
  file: () => 'Jenkinsfile',
  write: (facts) =>
    `${headerLines('jenkins', facts)
      .map((line) => `// ${line}`)
      .join('\n')}

def belayKeys() {
${indented(script(`REF=$BRANCH_NAME\n${branchCheck}\n${keys}`), 2)}
}

def belayRun() {
${indented(script(runScript(facts)), 2)}
}

pipeline {
  agent any
  options {
    // One at a time; a build that waits is made of the newest commit, one that runs is left alone.
    disableConcurrentBuilds()
    buildDiscarder(logRotator(daysToKeepStr: '30', artifactDaysToKeepStr: '30'))
    timeout(time: ${MINUTES_MAX}, unit: 'MINUTES')
  }
${upstream(facts)}${parameters(facts)}
  environment {
    BELAY_SSH = "\${WORKSPACE_TMP}/belay-ssh"
    BELAY_SSH_CONFIG = "\${WORKSPACE_TMP}/belay-ssh/config"
    OUT = "\${WORKSPACE}/belay-out"
    PATH = "\${WORKSPACE_TMP}/belay/bin:\${PATH}"
  }
  stages {
    stage('Install Belay') {
      steps {
${indented(script(`npm install --global --prefix "$WORKSPACE_TMP/belay" belay-deploy@${facts.version}`), 8)}
      }
    }
${facts.environments.map((environment) => stage(environment, facts)).join('\n')}
  }
  post {
    always {
      archiveArtifacts artifacts: 'belay-out/*', allowEmptyArchive: true
${indented(script('rm -rf "$BELAY_SSH" "$OUT"'), 6)}
    }
  }
}
`,
  next: (facts) => [
    'The agent needs Node 20.19 or newer, git, ssh, and Docker with Compose.',
    'Credentials, in the folder of the job:',
    ...facts.environments.flatMap((environment) => [
      `  ${idOf(environment, facts, 'ssh-key')}: SSH username with private key`,
      `  ${idOf(environment, facts, 'known-hosts')}: a file, the servers’ own keys; print them with`,
      ...keysHelp([environment]).map((line) => `    ${line}`),
      ...(environment.valuesFile === undefined
        ? []
        : [`  ${idOf(environment, facts, 'env-file')}: a file, the whole env file`]),
      ...textsOf(environment).map((name) => `  ${idOf(environment, facts, name)}: a secret text`),
    ]),
  ],
})

function upstream({ after }: CiFacts): string {
  if (after === undefined) return ''
  return `  triggers {
    upstream(upstreamProjects: ${groovy(after)}, threshold: hudson.model.Result.SUCCESS)
  }
`
}

function parameters({ environments }: CiFacts): string {
  const names = ['', ...environments.map(({ name }) => name)].map(groovy).join(', ')
  return `  parameters {
    choice(name: 'WHERE', choices: [${names}], description: 'By hand, where; empty is by branch')
    choice(name: 'ACTION', choices: ['deploy', 'rollback'], description: 'What')
    string(name: 'RELEASE', defaultValue: '', description: 'Rollback: to which release; empty: the previous')
    string(name: 'CONFIRM', defaultValue: '', description: 'Rollback: type the release, or the environment')
    booleanParam(name: 'DRY_RUN', defaultValue: false, description: 'Show what would be done, and do nothing')
  }`
}

function stage(environment: CiEnvironment, facts: CiFacts): string {
  const { name, branch } = environment
  const byHand = `params.WHERE == ${groovy(name)}`
  const automatic =
    branch === undefined ? '' : ` || (!params.WHERE && env.BRANCH_NAME == ${groovy(branch)})`
  const variables = [`ENVIRONMENT=${name}`, `BRANCH=${branch ?? ''}`].map(groovy).join(', ')
  const credentials = credentialsOf(environment, facts).map((line) => `          ${line},`)
  return `    stage(${groovy(name)}) {
      when {
        expression { ${byHand}${automatic} }
      }
      steps {
        withCredentials([
${credentials.join('\n')}
        ]) {
          withEnv([${variables}]) {
            script {
              belayKeys()
              belayRun()
            }
          }
        }
      }
    }`
}

function credentialsOf(environment: CiEnvironment, facts: CiFacts): readonly string[] {
  const id = (name: string): string => `credentialsId: ${groovy(idOf(environment, facts, name))}`
  return [
    `sshUserPrivateKey(${id('ssh-key')}, keyFileVariable: 'BELAY_SSH_KEY')`,
    `file(${id('known-hosts')}, variable: 'BELAY_KNOWN_HOSTS')`,
    ...(environment.valuesFile === undefined
      ? []
      : [`file(${id('env-file')}, variable: 'BELAY_ENV_FILE')`]),
    ...textsOf(environment).map((name) => `string(${id(name)}, variable: ${groovy(name)})`),
  ]
}

/** A credential that is named must be there, so what the env file may have is left to it. */
function textsOf({ variables, required, valuesFile }: CiEnvironment): readonly string[] {
  return valuesFile === undefined ? [...new Set([...variables, ...required])] : variables
}

/** Jenkins knows no environments: the name says where a credential belongs. */
function idOf({ name }: CiEnvironment, { app }: CiFacts, what: string): string {
  return `${app}-${name}-${what}`
}

function groovy(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}

/** Groovy reads a backslash in its text; the shell is to see it too. */
function script(text: string): string {
  return `sh '''\n${indented(text.replaceAll('\\', '\\\\'), 2)}\n'''`
}
