import type { PostgresTarget } from '../config/pipeline/backup-target.ts'
import { defineBackup, firstOf } from './backup.ts'

/**
 * `pg_dump` sees one moment, whatever is written meanwhile. With `--create` the dump also has what is
 * set on the database itself, its owner and its encoding.
 */
export const postgres = defineBackup<PostgresTarget>({
  kind: 'postgres',
  ending: 'sql.gz',
  proof: { kind: 'ends', text: 'PostgreSQL database dump complete' },
  title: ({ service, database }) =>
    `the database ${database === undefined ? '' : `${database} `}of ${service}`,
  recipe: (target) => ({
    how: { way: 'script', script: `${access(target)}\nexec pg_dump --create --no-password` },
    size: `${access(target)}\nexec psql -w -X -A -t -c 'select pg_database_size(current_database())'`,
  }),
  restore: (target) => ({
    how: { way: 'script', script: `${access(target)}\n${RESTORE}`, keepsOld: true },
    check: `${access(target)}\n${check(target)}`,
  }),
  trial: (target) => ({ way: 'rows', before: `${access(target)}\n${ROLES}`, script: TRIAL }),
})

/** Who asks, and which database: what every program of PostgreSQL reads from its environment. */
function access({ database, user, passwordVariable }: PostgresTarget): string {
  return [
    user === undefined ? firstOf('PGUSER', ['POSTGRES_USER'], 'postgres') : `PGUSER='${user}'`,
    database === undefined
      ? firstOf('PGDATABASE', ['POSTGRES_DB'], '$PGUSER')
      : `PGDATABASE='${database}'`,
    firstOf('PGPASSWORD', [passwordVariable ?? 'POSTGRES_PASSWORD']),
    'export PGUSER PGDATABASE PGPASSWORD',
  ].join('\n')
}

/**
 * The dump makes a database of its own; until it is whole the old one waits under another name, which is
 * given back when anything fails, or when an earlier restore was cut off.
 */
const RESTORE = `old="\${PGDATABASE}_before_restore"
ask() { psql -w -X -q -A -t -v ON_ERROR_STOP=1 -v db="$PGDATABASE" -v old="$old" "$@" -d template1; }
is_there() { [ "$(echo "select 1 from pg_database where datname = '$1'" | ask)" = 1 ]; }
cut_off() { echo "select pg_terminate_backend(pid) from pg_stat_activity where datname = '$1'" | ask; }
drop() {
  is_there "$1" || return 0
  cut_off "$1" >/dev/null
  echo 'drop database :"gone"' | ask -v gone="$1"
}
back() {
  is_there "$old" || return 0
  drop "$PGDATABASE" && echo 'alter database :"old" rename to :"db";
    alter database :"db" allow_connections true' | ask
}
PGOPTIONS=--client-min-messages=warning
export PGOPTIONS
back || exit 1
if is_there "$PGDATABASE"; then
  echo 'alter database :"db" allow_connections false' | ask || exit 1
  left=50
  until cut_off "$PGDATABASE" >/dev/null && echo 'alter database :"db" rename to :"old"' | ask; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || break
    sleep 0.1
  done 2>/dev/null
  is_there "$old" || {
    echo 'alter database :"db" allow_connections true' | ask
    echo 'somebody is still connected to the database' >&2
    exit 1
  }
fi
if psql -w -X -q -v ON_ERROR_STOP=1 -d template1 >/dev/null && is_there "$PGDATABASE"; then
  drop "$old"
else
  back || echo "the old database is still there, as $old" >&2
  exit 1
fi`

function check({ check: query }: PostgresTarget): string {
  const tables =
    "select count(*) || ' tables' from information_schema.tables " +
    "where table_schema not in ('pg_catalog', 'information_schema')"
  return `exec psql -w -X -A -t -v ON_ERROR_STOP=1 <<'BELAY'\n${query ?? tables}\nBELAY`
}

/** A dump names who owns what, and has not made them. */
const ROLES = `exec psql -w -X -A -t -v ON_ERROR_STOP=1 <<'BELAY'
select format('create role %I superuser;', rolname) from pg_roles
where rolname !~ '^pg_' and rolname <> 'postgres'
BELAY`

/** A cluster of its own, without a network; the server is none that root may start. */
const TRIAL = `id postgres >/dev/null || exit 1
chown postgres /belay-trial
script=$(cat <<'BELAY'
cd /belay-trial
PGHOST=/belay-trial PGUSER=postgres PGOPTIONS=--client-min-messages=warning
export PGHOST PGUSER PGOPTIONS
unset PGDATA PGDATABASE PGPASSWORD
initdb --no-sync -D data -U postgres -A trust >log 2>&1 </dev/null &&
  pg_ctl -D data -w -t 600 -l log -o "-c listen_addresses='' -k /belay-trial -F" start >/dev/null || {
  tail -n 3 log >&2
  exit 1
}
psql -X -q -d template1 -c 'drop database postgres' </dev/null
psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d template1 >/dev/null || exit 1
of=$(psql -X -A -t -d template1 -c 'select datname from pg_database where not datistemplate' </dev/null)
exec pg_dump --create "$of"
BELAY
)
exec su -s /bin/sh postgres -c "$script"`
