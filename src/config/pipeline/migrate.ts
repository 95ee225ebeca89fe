import * as z from 'zod/mini'
import { serviceName } from '../checks/service.ts'
import type { MigrateConfig, TaskConfig } from './run-once.ts'
import { compact, described, duration, keyed, line, listOf, optional } from '../source/leaves.ts'
import { someOf, text, turned, withDefault } from '../source/leaves.ts'

const DEFAULTS = { migrate: '10m', task: '5m' } as const

type MigrateSettings = z.output<ReturnType<typeof migrateKey>>
type TaskSettings = z.output<ReturnType<typeof tasksKey>>

/** The key `migrate`. */
export function migrateKey() {
  const allowed = 'a map is needed, such as { service: web, run: alembic upgrade head }, or none'
  return optional(z.union([z.literal('none'), keyed(migrateKeys())], { error: allowed }), {
    description:
      'How the database gets the schema that a release needs: run once, in the new image, before ' +
      'the release gets any request. `none` switches it off for an environment.',
    examples: [
      {
        service: 'web',
        run: 'alembic upgrade head',
        undo: 'alembic downgrade -1',
        version: 'alembic current',
      },
    ],
  })
}

/** The key `tasks`. */
export function tasksKey() {
  const allowed =
    'a list is needed, such as [{ service: web, run: python manage.py collectstatic }]'
  const task = described(keyed(taskKeys()), {
    id: 'task',
    description: 'A command that runs once for each release.',
  })
  return withDefault(listOf(task, allowed), [], {
    description:
      'Commands that run on each host once a release has started, before it is proved: in this ' +
      'order, in its image. One that fails ends the deployment, and the old release stays.',
    examples: [[{ service: 'web', run: 'python manage.py collectstatic --noinput' }]],
  })
}

function migrateKeys() {
  return {
    service: service('whose image, environment, networks and volumes it gets'),
    run: described(command(), {
      description: `The command. ${SHELL}`,
      examples: ['alembic upgrade head'],
    }),
    undo: optional(command(), {
      description:
        'What takes the migration back, when a deployment fails after it has begun. With `version`, ' +
        'only when the schema is another than before.',
      examples: ['alembic downgrade -1'],
    }),
    version: optional(command(), {
      description:
        'Prints which schema the database has, as short as can be: asked before and after, and told.',
      examples: ['alembic current'],
    }),
    timeout: withDefault(duration('1s', '6h'), DEFAULTS.migrate, {
      description: 'When it is ended and counts as failed; the same holds for `undo`.',
      examples: ['30m'],
    }),
  }
}

function taskKeys() {
  return {
    service: service('whose image, environment, networks and volumes it gets'),
    run: described(command(), {
      description: `The command; it must bear being run again. ${SHELL}`,
      examples: ['python manage.py collectstatic --noinput'],
    }),
    name: optional(line('a text of one line is needed, such as static files'), {
      description: 'What it is called in what is told. Left out, it is the command.',
      examples: ['static files'],
    }),
    timeout: withDefault(duration('1s', '6h'), DEFAULTS.task, {
      description: 'When it is ended and counts as failed.',
      examples: ['2m'],
    }),
  }
}

const SHELL =
  "A text is for the container's `/bin/sh`, a list of words for none; the image's entrypoint is " +
  'left out.'

function service(what: string) {
  return described(serviceName(), {
    description: `A service of the compose file: ${what}.`,
    examples: ['web'],
  })
}

function command() {
  const allowed = 'a command is a text for the shell, or a list of words for none'
  const words = someOf(text(allowed), allowed)
  return turned(z.union([text(allowed), words], { error: allowed }), (written) =>
    typeof written === 'string' ? ['/bin/sh', '-c', written] : written,
  )
}

/** With every default filled in. */
export function resolveMigrate(migrate: MigrateSettings): MigrateConfig | undefined {
  if (migrate === undefined || migrate === 'none') return undefined
  const { service, run, undo, version, timeout } = migrate
  return compact({ service, run, undo, version, timeoutMs: timeout, name: nameOf(run) })
}

export function resolveTasks(tasks: TaskSettings): TaskConfig[] {
  return tasks.map(({ service, run, name, timeout }) => {
    return { service, run, timeoutMs: timeout, name: name ?? nameOf(run) }
  })
}

/** As one would write it in a shell, on one line. */
function nameOf(argv: readonly string[]): string {
  const isShell = argv[0] === '/bin/sh' && argv[1] === '-c'
  const [first = ''] = (isShell ? (argv[2] ?? '') : argv.join(' ')).trim().split('\n')
  return first.length > 60 ? `${first.slice(0, 59)}…` : first
}
