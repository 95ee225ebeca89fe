import { backupCreate } from './backup/create.ts'
import { backupList } from './backup/list.ts'
import { backupRestore } from './backup/restore.ts'
import { backupVerify } from './backup/verify.ts'
import { check } from './check.ts'
import { ciInit } from './ci/init.ts'
import type { Command } from './command.ts'
import { compare } from './look/compare.ts'
import { deploy } from './deploy.ts'
import { envCheck } from './look/env-check.ts'
import { envTemplate } from './env/template.ts'
import { exec } from './exec.ts'
import { history } from './look/history.ts'
import { hookInstall } from './hook/install.ts'
import { hookReceive } from './hook/receive.ts'
import { hookRemove } from './hook/remove.ts'
import { hookShow } from './hook/show.ts'
import { hostDoctor } from './host/doctor.ts'
import { hostSetup } from './host/setup.ts'
import { hostTrust } from './host/trust.ts'
import { init } from './init.ts'
import { leaseRelease } from './lease/release.ts'
import { leaseShow } from './lease/show.ts'
import { logs } from './look/logs.ts'
import { notifyTest } from './notify/test.ts'
import { plan } from './plan.ts'
import { report } from './look/report.ts'
import { restart } from './restart.ts'
import { resume } from './resume.ts'
import { rollback } from './rollback.ts'
import { schema } from './schema.ts'
import { show } from './look/show.ts'
import { smoke } from './look/smoke.ts'
import { status } from './look/status.ts'
import { tidy } from './operate/tidy.ts'
import { test } from './test.ts'

/** All commands, in the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  init,
  check,
  envCheck,
  envTemplate,
  ciInit,
  schema,
  test,
  plan,
  deploy,
  rollback,
  resume,
  status,
  history,
  show,
  report,
  compare,
  smoke,
  logs,
  exec,
  restart,
  backupCreate,
  backupList,
  backupVerify,
  backupRestore,
  tidy,
  leaseShow,
  leaseRelease,
  hostSetup,
  hostDoctor,
  hostTrust,
  hookInstall,
  hookShow,
  hookRemove,
  hookReceive,
  notifyTest,
]
