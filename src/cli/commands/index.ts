import { check } from './check.ts'
import { ciInit } from './ci/init.ts'
import type { Command } from './command.ts'
import { deploy } from './deploy.ts'
import { exec } from './exec.ts'
import { history } from './history.ts'
import { hookInstall } from './hook/install.ts'
import { hookReceive } from './hook/receive.ts'
import { hookRemove } from './hook/remove.ts'
import { hookShow } from './hook/show.ts'
import { hostDoctor } from './host/doctor.ts'
import { hostTrust } from './host/trust.ts'
import { init } from './init.ts'
import { leaseRelease } from './lease/release.ts'
import { leaseShow } from './lease/show.ts'
import { logs } from './logs.ts'
import { plan } from './plan.ts'
import { restart } from './restart.ts'
import { rollback } from './rollback.ts'
import { schema } from './schema.ts'
import { show } from './show.ts'
import { status } from './status.ts'
import { test } from './test.ts'

/** All commands, in the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  init,
  check,
  ciInit,
  schema,
  test,
  plan,
  deploy,
  rollback,
  status,
  history,
  show,
  logs,
  exec,
  restart,
  leaseShow,
  leaseRelease,
  hostDoctor,
  hostTrust,
  hookInstall,
  hookShow,
  hookRemove,
  hookReceive,
]
