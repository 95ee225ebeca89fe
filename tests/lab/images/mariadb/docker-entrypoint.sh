#!/bin/sh
# First start: makes the data folder, the database and the users that the environment asks for,
# without listening on the network. Then the server.
set -eu

data=/var/lib/mysql

run_sql() { mariadb -u root --skip-password "$@"; }

make_data() {
  [ -n "${MARIADB_ROOT_PASSWORD-}${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD-}" ] || {
    echo 'You need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD' >&2
    exit 1
  }
  chown mysql:mysql "$data"
  mariadb-install-db --user=mysql --datadir="$data" --skip-test-db \
    --auth-root-authentication-method=normal >/dev/null
  mariadbd --user=mysql --skip-networking &
  server=$!
  until run_sql -e 'select 1' >/dev/null 2>&1; do sleep 0.2; done
  {
    [ -z "${MARIADB_DATABASE-}" ] || echo "create database \`$MARIADB_DATABASE\`;"
    [ -z "${MARIADB_USER-}" ] || {
      echo "create user '$MARIADB_USER'@'%' identified by '$MARIADB_PASSWORD';"
      echo "grant all on \`${MARIADB_DATABASE-%}\`.* to '$MARIADB_USER'@'%';"
    }
    echo "alter user root@localhost identified by '${MARIADB_ROOT_PASSWORD-}';"
    echo "create user root@'%' identified by '${MARIADB_ROOT_PASSWORD-}';"
    echo "grant all on *.* to root@'%' with grant option;"
  } | run_sql
  kill "$server"
  wait "$server" || :
}

if [ "$1" = mariadbd ]; then
  [ -d "$data/mysql" ] || make_data
  set -- "$@" --user=mysql
fi
exec "$@"
