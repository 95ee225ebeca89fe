import type { MysqlTarget } from '../config/pipeline/backup-target.ts'
import { defineBackup, firstOf } from './backup.ts'

/** MySQL and MariaDB: one moment of all tables that know transactions, which is the default. */
export const mysql = defineBackup<MysqlTarget>({
  kind: 'mysql',
  ending: 'sql.gz',
  proof: { kind: 'ends', text: '-- Dump completed' },
  title: ({ service, database }) =>
    `the database ${database === undefined ? '' : `${database} `}of ${service}`,
  recipe: (target) => ({
    how: { way: 'script', script: `${access(target)}\n${DUMP}` },
    size: `${access(target)}\n${SIZE}`,
  }),
  restore: (target) => ({
    how: { way: 'script', script: `${access(target)}\n${RESTORE}`, keepsOld: false },
    check: `${access(target)}\n${check(target)}`,
  }),
  trial: (target) => ({ way: 'rows', before: `${access(target)}\n${EMPTY}`, script: TRIAL }),
})

const ALL = '--single-transaction --quick --routines --triggers --events --hex-blob'

const DUMP = `program=$(command -v mariadb-dump || command -v mysqldump) || {
  echo 'neither mariadb-dump nor mysqldump is in this container' >&2
  exit 127
}
set -- ${ALL}
exec "$program" -u "$user" "$@" "$database"`

const SIZE = `program=$(command -v mariadb || command -v mysql) || exit 127
all="select sum(data_length) from information_schema.tables where table_schema = '$database'"
exec "$program" -u "$user" -N -B -e "$all"`

/** The password goes by the environment, where only who may read it anyway can. */
function access({ database, user, passwordVariable }: MysqlTarget): string {
  const own = passwordVariable === undefined ? [] : [passwordVariable]
  const root = ['MARIADB_ROOT_PASSWORD', 'MYSQL_ROOT_PASSWORD']
  const plain = ['MARIADB_PASSWORD', 'MYSQL_PASSWORD']
  return [
    firstOf('MYSQL_PWD', user === undefined ? [...own, ...root] : own),
    user === undefined ? 'user=root' : `user='${user}'`,
    // Without a password for root the user of the database may have one.
    user === undefined && passwordVariable === undefined
      ? `if [ -z "$MYSQL_PWD" ] && [ -n "\${MARIADB_USER-}\${MYSQL_USER-}" ]; then
user=\${MARIADB_USER:-$MYSQL_USER}
${firstOf('MYSQL_PWD', plain)}
fi`
      : user === undefined
        ? ''
        : `[ -n "$MYSQL_PWD" ] || {\n${firstOf('MYSQL_PWD', user === 'root' ? root : plain)}\n}`,
    database === undefined
      ? firstOf('database', ['MARIADB_DATABASE', 'MYSQL_DATABASE'])
      : `database='${database}'`,
    `[ -n "$database" ] || {
  echo 'the container names no database (MARIADB_DATABASE): say which one, with database:' >&2
  exit 2
}`,
    'export MYSQL_PWD',
  ].join('\n')
}

/** An empty database of the same name and character set, and the dump into it. */
const RESTORE = `program=$(command -v mariadb || command -v mysql) || exit 127
ask() { "$program" -u "$user" -N -B -e "$1" </dev/null; }
kept=$(ask "select concat('character set ', default_character_set_name, ' collate ',
  default_collation_name) from information_schema.schemata where schema_name = '$database'") || exit 1
ask "drop database if exists \\\`$database\\\`; create database \\\`$database\\\` $kept" || exit 1
exec "$program" -u "$user" "$database"`

function check({ check: query }: MysqlTarget): string {
  const tables =
    "select concat(count(*), ' tables') from information_schema.tables where table_schema = database()"
  return `program=$(command -v mariadb || command -v mysql) || exit 127
exec "$program" -u "$user" -N -B "$database" <<'BELAY'\n${query ?? tables}\nBELAY`
}

/** The dump names no database. Views need who made them; the character set is the database's. */
const EMPTY = `program=$(command -v mariadb || command -v mysql) || exit 127
exec "$program" -u "$user" -N -B --raw "$database" <<'BELAY'
select concat('create database \`', schema_name, '\` character set ', default_character_set_name,
  ' collate ', default_collation_name, '; use \`', schema_name, '\`;')
from information_schema.schemata where schema_name = database();
select distinct concat('create user if not exists ', who, '; grant all on *.* to ', who, ';')
from (select concat(quote(substring_index(definer, '@', 1)), '@',
  quote(substring_index(definer, '@', -1))) as who
  from information_schema.views where table_schema = database()) as makers
where who <> "'root'@'localhost'";
BELAY`

/** A server of its own, without a network. */
const TRIAL = `server=$(command -v mariadbd || command -v mysqld) || exit 127
program=$(command -v mariadb || command -v mysql) || exit 127
dump=$(command -v mariadb-dump || command -v mysqldump) || exit 127
d=/belay-trial
chown mysql "$d" && cd "$d" || exit 1
if install=$(command -v mariadb-install-db || command -v mysql_install_db); then
  "$install" --user=mysql --datadir="$d/data" --skip-test-db --auth-root-authentication-method=normal
else
  "$server" --user=mysql --datadir="$d/data" --initialize-insecure
fi >log 2>&1 </dev/null || { tail -n 3 log >&2; exit 1; }
"$server" --user=mysql --datadir="$d/data" --skip-networking --skip-log-bin --loose-mysqlx=OFF \
  --socket="$d/socket" --pid-file="$d/pid" >log 2>&1 </dev/null &
set -- -u root --skip-password --socket="$d/socket"
until "$program" "$@" -e 'select 1' >/dev/null 2>&1 </dev/null; do
  kill -0 $! 2>/dev/null || { tail -n 3 log >&2; exit 1; }
  sleep 0.2
done
"$program" "$@" >/dev/null || exit 1
of=$("$program" "$@" -N -B -e "select schema_name from information_schema.schemata
  where schema_name not in ('mysql', 'information_schema', 'performance_schema', 'sys')" </dev/null)
exec "$dump" "$@" ${ALL} "$of"`
