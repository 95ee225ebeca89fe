import type { DatabaseSettings, Engine } from '../config/checks/database.ts'
import type { CommandResult } from '../hosts/host.ts'
import { shownMatch } from './asking/answer.ts'
import { quoted, textMismatch } from './asking/matching.ts'
import { defineCheck, fail, pass, unknown, type Verdict } from './check.ts'

/** A database takes connections, and answers a query; asked by its own program in its container. */
export const database = defineCheck<DatabaseSettings>({
  kind: 'database',
  title: ({ engine, query }) => (query === undefined ? engine : `${engine} ${shortened(query)}`),

  needs: ({ engine, query = '', user = '', database = '', timeoutMs }, { containers }) => ({
    commands: containers.slice(0, 1).map((container) => ({
      container,
      argv: ['/bin/sh', '-c', SCRIPTS[engine], 'sh', query, user, database],
      timeoutSeconds: Math.ceil(timeoutMs / 1000),
    })),
  }),

  judge: ({ commands, containers }, settings, { containers: [name = ''] }) => {
    const state = containers[name]?.state
    if (state !== undefined && state !== 'running') return unknown('its container does not run')
    const [result] = commands
    return result === undefined ? unknown('was not asked') : judgeResult(result, settings)
  },
})

/** What the scripts below end with when the database does not take connections. */
const SILENT = 90
/** When the container has no program to ask with. */
const NO_PROGRAM = 91

/**
 * $1 is the query, $2 the user, $3 the database. Who may ask is known to the container: the images
 * take it from their environment, as values or as files. Nothing secret stands in an argv.
 */
const SCRIPTS: Readonly<Record<Engine, string>> = {
  postgres: `
    u=\${2:-\${POSTGRES_USER:-postgres}} d=\${3:-\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}}}
    [ -z "$POSTGRES_PASSWORD_FILE" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    export PGPASSWORD=$POSTGRES_PASSWORD
    command -v pg_isready >/dev/null 2>&1 || exit ${NO_PROGRAM}
    said=$(pg_isready -U "$u" -d "$d" 2>&1) || { echo "$said"; exit ${SILENT}; }
    [ -z "$1" ] || exec psql -X -A -t -v ON_ERROR_STOP=1 -U "$u" -d "$d" -c "$1"`,
  mysql: `
    u=\${2:-root} p=$MYSQL_ROOT_PASSWORD$MARIADB_ROOT_PASSWORD
    f=$MYSQL_ROOT_PASSWORD_FILE$MARIADB_ROOT_PASSWORD_FILE
    [ -z "$f" ] || p=$(cat "$f")
    if [ -n "$2" ]; then p=$MYSQL_PASSWORD$MARIADB_PASSWORD; fi
    d=\${3:-$MYSQL_DATABASE$MARIADB_DATABASE}
    export MYSQL_PWD=$p
    ask=$(command -v mysql || command -v mariadb) || exit ${NO_PROGRAM}
    admin=$(command -v mysqladmin || command -v mariadb-admin) || exit ${NO_PROGRAM}
    said=$("$admin" -u "$u" ping 2>&1) || { echo "$said"; exit ${SILENT}; }
    [ -z "$1" ] || exec "$ask" -u "$u" -N -B -e "$1" \${d:+"$d"}`,
  redis: `
    export REDISCLI_AUTH=$REDIS_PASSWORD
    ask=$(command -v redis-cli || command -v valkey-cli) || exit ${NO_PROGRAM}
    said=$("$ask" -n "\${3:-0}" ping 2>&1)
    case $said in *PONG*) ;; *) echo "$said"; exit ${SILENT} ;; esac
    set -f
    [ -z "$1" ] || exec "$ask" -e -n "\${3:-0}" $1`,
}

function judgeResult({ code, output }: CommandResult, settings: DatabaseSettings): Verdict {
  const { engine, output: match, query } = settings
  const evidence = output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-5)
  switch (code) {
    case 0: {
      const mismatch = match && textMismatch(output, match)
      if (match === undefined || mismatch === undefined) return pass(goodWords(query))
      const got = quoted(evidence.at(-1) ?? '')
      const differences = [{ what: 'output', expected: shownMatch(match), got }]
      return fail(`the query was answered, but the answer ${mismatch}`, { differences })
    }
    case SILENT:
      return fail(`${engine} takes no connections`, { evidence })
    case NO_PROGRAM:
    case 126:
    case 127:
      return fail(`the container has no program to ask ${engine} with`, {
        final: true,
        hint: 'Is this the service that runs it? A `run` check can ask in another way.',
      })
    case 124:
      return fail('took too long', { evidence, hint: "Raise the check's `timeout`." })
    case 125:
      return unknown('could not be asked', { elsewhere: true, evidence })
    default:
      return fail('the query failed', { evidence })
  }
}

function goodWords(query: string | undefined): string {
  return query === undefined ? 'takes connections' : 'answered as expected'
}

function shortened(query: string): string {
  const text = query.replaceAll(/\s+/g, ' ').trim()
  return `\`${text.length > 50 ? `${text.slice(0, 49)}…` : text}\``
}
