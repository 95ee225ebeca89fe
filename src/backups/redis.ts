import type { RedisTarget } from '../config/pipeline/backup-target.ts'
import { defineBackup, firstOf } from './backup.ts'

/** Redis and Valkey: the snapshot that the server itself writes, in a process of its own. */
export const redis = defineBackup<RedisTarget>({
  kind: 'redis',
  ending: 'rdb.gz',
  proof: { kind: 'begins', text: 'REDIS' },
  title: ({ service }) => `the data of ${service}`,
  recipe: (target) => ({
    how: { way: 'script', script: `${access(target)}\n${SNAPSHOT}` },
    size: `${access(target)}\nasked INFO memory | sed -n 's/^used_memory:\\([0-9]*\\).*/\\1/p'`,
  }),
  restore: (target) => ({
    how: { way: 'script', script: `${access(target)}\n${RESTORE}`, keepsOld: true },
    check: `${access(target)}\necho "$(asked DBSIZE) keys"`,
  }),
  trial: () => ({ way: 'load', script: TRIAL }),
})

function access({ passwordVariable }: RedisTarget): string {
  return `${firstOf('REDISCLI_AUTH', [passwordVariable ?? 'REDIS_PASSWORD'])}
[ -n "$REDISCLI_AUTH" ] && export REDISCLI_AUTH || unset REDISCLI_AUTH
program=$(command -v redis-cli || command -v valkey-cli) || {
  echo 'there is no redis-cli in this container' >&2
  exit 127
}
asked() { "$program" --raw "$@" | tr -d '\\r'; }`
}

/** One that is under way when it is asked for may be of an earlier moment: its end is waited for. */
const SNAPSHOT = `state() { asked INFO persistence | sed -n "s/^$1:\\(.*\\)/\\1/p"; }
left=6000
while :; do
  said=$(asked BGSAVE 2>&1)
  case $said in
    *started*) break ;;
    *progress* | *[Cc]hild*) ;;
    *) left=0 ;;
  esac
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo "redis: $said" >&2; exit 1; }
  sleep 0.1
done
while [ "$(state rdb_bgsave_in_progress)" = 1 ]; do sleep 0.1; done
[ "$(state rdb_last_bgsave_status)" = ok ] || {
  echo 'redis could not write its snapshot: is the disk of its container full?' >&2
  exit 1
}
exec cat "$(asked CONFIG GET dir | sed -n 2p)/$(asked CONFIG GET dbfilename | sed -n 2p)"`

/**
 * A second server reads the snapshot, and the first one copies that, as replicas do: it takes the new data
 * whole or keeps its own, and its own files and logs follow.
 */
const RESTORE = `server=$(command -v redis-server || command -v valkey-server) && d=$(mktemp -d) || exit 127
other() { (unset REDISCLI_AUTH; "$program" --raw -p 16379 "$@" 2>&1 | tr -d '\\r'); }
link() { asked INFO replication | sed -n 's/^master_link_status:\\(.*\\)/\\1/p'; }
started=
finish() {
  [ -z "$started" ] || {
    asked REPLICAOF NO ONE >/dev/null
    [ -z "$auth" ] || asked CONFIG SET masterauth "$auth" >/dev/null
  }
  [ -z "$temp" ] || kill "$temp" 2>/dev/null
  rm -rf "$d"
}
temp= auth=
trap finish EXIT
cat >"$d/dump.rdb" || exit 1
"$server" --port 16379 --bind 127.0.0.1 --dir "$d" --dbfilename dump.rdb --save '' --appendonly no \
  >"$d/log" 2>&1 &
temp=$!
left=3000
until [ "$(other PING)" = PONG ]; do
  left=$((left - 1))
  kill -0 "$temp" 2>/dev/null && [ "$left" -gt 0 ] || { tail -n 5 "$d/log" >&2; exit 1; }
  sleep 0.1
done
auth=$(asked CONFIG GET masterauth | sed -n 2p)
[ -z "$auth" ] || asked CONFIG SET masterauth '' >/dev/null
started=1
[ "$(asked REPLICAOF 127.0.0.1 16379)" = OK ] || exit 1
left=3000
until [ "$(link)" = up ]; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo 'redis did not take the snapshot' >&2; exit 1; }
  sleep 0.1
done`

/** As many keys as its file says; those that are to expire may have gone meanwhile. */
const TRIAL = `server=$(command -v redis-server || command -v valkey-server) || exit 127
program=$(command -v redis-cli || command -v valkey-cli) || exit 127
check=$(command -v redis-check-rdb || command -v valkey-check-rdb) || {
  echo 'its image has no redis-check-rdb, so nothing can be compared' >&2
  exit 127
}
cd /belay-trial && cat >dump.rdb || exit 1
"$check" dump.rdb >checked 2>&1 || { tail -n 3 checked >&2; exit 1; }
said() { sed -n "s/^.*info\\] \\([0-9]*\\) $1$/\\1/p" checked; }
"$server" --bind 127.0.0.1 --dir /belay-trial --dbfilename dump.rdb --databases 1024 --save '' \
  --appendonly no >log 2>&1 </dev/null &
until [ "$("$program" PING 2>/dev/null)" = PONG ]; do
  kill -0 $! 2>/dev/null || { tail -n 3 log >&2; exit 1; }
  sleep 0.1
done
keys=0
for each in $("$program" INFO keyspace | tr -d '\\r' | sed -n 's/^db.*:keys=\\([0-9]*\\),.*/\\1/p'); do
  keys=$((keys + each))
done
all=$(said 'keys read') expiring=$(said expires)
[ "$keys" -le "$all" ] && [ "$keys" -ge $((all - expiring)) ] || {
  echo "$keys keys came back of $all" >&2
  exit 1
}
echo "$keys keys"`
