import { createHash } from 'node:crypto'
import accessories from './instructions/accessories.sh'
import act from './act.sh'
import backups from './instructions/backups.sh'
import base from './base.sh'
import bootstrap from './bootstrap.sh'
import config from './config.sh'
import decide from './decide.sh'
import docker from './docker.sh'
import instructions from './instructions/instructions.sh'
import observe from './observe.sh'
import person from './person.sh'
import proxy from './instructions/proxy.sh'
import restores from './instructions/restores.sh'
import sample from './sample.sh'
import services from './instructions/services.sh'
import session from './session.sh'
import state from './state.sh'
import tasks from './instructions/tasks.sh'
import tidy from './tidy.sh'
import trials from './instructions/trials.sh'
import watch from './watch.sh'

/** The program that runs on servers, as `PROTOCOL.md` describes it. The last part starts it. */
const parts: readonly string[] = [
  base,
  state,
  tidy,
  docker,
  observe,
  act,
  instructions,
  services,
  tasks,
  accessories,
  backups,
  restores,
  trials,
  proxy,
  decide,
  person,
  watch,
  sample,
  config,
  session,
]

const bytes = Buffer.from(parts.join('\n'))

/** Known on servers by its hash: another version lies beside it, and never replaces it. */
export const KIT = {
  bytes,
  sha256: createHash('sha256').update(bytes).digest('hex'),
} as const

/** For `sh -c`: finds or asks for the kit, and becomes it. No comments: it is sent each time. */
const BOOTSTRAP: string = bootstrap.replaceAll(/^#.*\n/gm, '')

/** What a session runs on the host: quoted as one command line it goes to ssh. */
export function bootstrapArgv(scope: { app: string; environment: string }): readonly string[] {
  const { app, environment } = scope
  return ['sh', '-c', BOOTSTRAP, 'belay', KIT.sha256, String(bytes.length), app, environment]
}
