# --- instructions: each safe to repeat, none needs what an earlier one returned -------------------

# instruct WORD ARGUMENT…
instruct() {
  local word
  for word; do
    is_safe "$word" || {
      echo "not a safe word: $word"
      return 1
    }
  done
  word=$1
  shift
  case $word in
    network) make_network "$@" ;;
    volume) make_volume "$@" ;;
    proxy) start_proxy "$@" ;;
    site) set_site "$@" ;;
    base) bring_base "$@" ;;
    up) bring_up "$@" ;;
    create) bring_up "$@" --no-start ;;
    remake) remake "$@" ;;
    jobs) run_jobs "$@" ;;
    task) run_task "$@" ;;
    end-task) end_task "$@" ;;
    start) start "$@" ;;
    await) await "$@" ;;
    stop) stop "$@" ;;
    policy) set_policy "$@" ;;
    route) route "$@" ;;
    drain) drain "$@" ;;
    relay) relay "$@" ;;
    remove-project) remove_project "$@" ;;
    remove) [ $# = 0 ] || unless "$GONE" dk rm -f "$@" ;;
    tag) quiet dk tag "$1" "$2" ;;
    untag) untag "$@" ;;
    mark) mark "$@" ;;
    current) put "$S/current" "$1 $2" durable ;;
    forget) forget "$@" ;;
    data-root) set_data_root "$1" ;;
    connect) connect "$@" ;;
    remove-network) remove_network "$1" ;;
    made-from) remember_base "$@" ;;
    renew) renew "$@" ;;
    put-files) put_files "$@" ;;
    restore) restore "$@" ;;
    steady) steady "$@" ;;
    back-up) back_up "$@" ;;
    check-backup) check_backup "$@" ;;
    forget-backup) forget_backups "$@" ;;
    restore-backup) restore_backup "$@" ;;
    undo-restore) undo_restore "$@" ;;
    try-backup) try_backup "$@" ;;
    *)
      echo "this kit does not know the instruction $word"
      return 1
      ;;
  esac
}

# What Docker says of a thing that is not there, or is being removed by somebody else.
GONE='No such container\|No such image\|already in progress'

# The labels by which compose knows its own: without them it would refuse to use these.
make_network() {
  [ "$4" = 0 ] || set -- "$@" --internal
  local name="$1" key="$2" project="$3"
  shift 4
  unless 'already exists' dk network create "$@" --label "com.docker.compose.network=$key" \
    --label "com.docker.compose.project=$project" "$name"
}

make_volume() {
  local name="$1" key="$2" project="$3" driver="${4-local}" option count
  [ "$#" -lt 4 ] && shift 3 || shift 4
  count=$#
  for option in "$@"; do
    set -- "$@" --opt "$(printf %s "$option" | base64 -d)"
  done
  shift "$count"
  quiet dk volume create --driver "$driver" "$@" --label "com.docker.compose.volume=$key" \
    --label "com.docker.compose.project=$project" "$name"
}

# Several at a time: each takes the engine a third of a second.
start() {
  [ $# -gt 1 ] || {
    [ $# = 0 ] || start_one "$1"
    return
  }
  local container code=0
  set -- "$@" --
  while [ "$1" != -- ]; do
    container=$1
    shift
    start_one "$container" &
    set -- "$@" $!
  done
  shift
  for container; do wait "$container" || code=1; done
  return "$code"
}

# One that is gone can be started by nobody: where everything is tried, it holds up nothing.
start_one() {
  quiet dk start "$1" && return 0
  [ "${CARRIED-}" = all ] || return 1
  [ -z "$(dk ps -aq --filter "name=^/?$1\$" 2>&1)" ] || return 1
  progress "$1 is gone, and was not started"
}

# Docker's client stops those of one command side by side.
stop() {
  local grace="$1"
  shift
  [ $# = 0 ] || unless "$GONE" dk stop -t "$grace" "$@"
}

set_policy() {
  local policy="$1"
  shift
  [ $# = 0 ] || unless "$GONE" dk update "--restart=$policy" "$@"
}

# Traffic moves by one rename, which needs no Docker and no free disk. Should there ever be more
# than one token, the others go after the wanted one is there.
route() {
  local folder="$ROOT/proxy/route/$1" token="$2" file others=''
  is_name "$1" && is_name "$token" || return 1
  [ -d "$folder" ] || (umask 022 && mkdir -p "$folder") || return 1
  for file in "$folder"/*; do
    [ -e "$file" ] && [ "$file" != "$folder/$token" ] && others=$file
  done
  if [ -e "$folder/$token" ]; then
    [ -z "$others" ] || remove_other_tokens "$folder" "$token"
  elif [ -n "$others" ]; then
    mv -f "$others" "$folder/$token" && remove_other_tokens "$folder" "$token"
  else
    (umask 022 && : >"$folder/$token")
  fi
}

remove_other_tokens() {
  local file
  for file in "$1"/*; do
    [ ! -e "$file" ] || [ "$file" = "$1/$2" ] || rm -f "$file"
  done
}

# Never volumes: what a release wrote is the user's. Nor the proxy while any site needs it.
remove_project() {
  local by="label=com.docker.compose.project=$1" ids
  if [ "$1" = belay-proxy ]; then
    take_proxy_lock || return 1
    for ids in "$ROOT"/proxy/sites/*.caddy; do
      [ ! -e "$ids" ] || return 0
    done
  fi
  ids=$(dk ps -aq --filter "$by") || return 1
  # shellcheck disable=SC2086 # ids
  [ -z "$ids" ] || unless "$GONE" dk rm -f $ids || return 1
  ids=$(dk network ls -q --filter "$by") || return 1
  # shellcheck disable=SC2086 # ids
  [ -z "$ids" ] || remove_networks $ids
}

# Docker may still be taking away what the containers had there, when it says that they are gone.
remove_networks() {
  local tries=1
  until unless 'not found\|No such network' dk network rm "$@"; do
    grep -q 'active endpoints' "$WORK/complaint" && [ "$tries" -lt 5 ] || return 1
    tries=$((tries + 1))
    sleep 0.5
  done
}

# An image that a container still uses keeps its name: that is no reason to fail.
untag() { unless "$GONE"'\|conflict' dk rmi "$1"; }

# mark RELEASE good|bad [REASON IN BASE64]
mark() {
  local folder="$S/releases/$1" reason=''
  is_name "$1" || return 1
  [ -d "$folder" ] || return 0
  [ -z "${3-}" ] || reason=$(printf %s "$3" | base64 -d | tr '\n\r' '  ')
  put "$folder/mark" "$2${reason:+ $reason}"
}

# First the file by which a folder counts as a release.
forget() {
  is_name "$1" || return 1
  rm -f "$S/releases/$1/release.json" && rm -rf "$S/releases/$1"
}

# data-root PATH IN BASE64: where an adopted project's data lies. The first answer stays.
set_data_root() {
  local path
  [ ! -s "$S/data-root" ] || return 0
  path=$(printf %s "$1" | base64 -d)
  case $path in
    *"$NL"* | *\'*)
      echo "not a path that compose could be given: $path"
      return 1
      ;;
    /*) put "$S/data-root" "$path" durable ;;
    *) return 1 ;;
  esac
}

# connect NETWORK ALIAS… to CONTAINER…
connect() {
  local network="$1" aliases='' code=0
  shift
  while [ $# -gt 0 ] && [ "$1" != to ]; do
    aliases="$aliases --alias $1"
    shift
  done
  [ $# -gt 0 ] && shift
  while [ $# -gt 0 ]; do
    # shellcheck disable=SC2086 # words
    unless "$GONE"'\|already exists in network\|already connected' \
      dk network connect $aliases "$network" "$1" || code=1
    shift
  done
  return "$code"
}

# A container that is stopped keeps the networks it had: one that is gone would not let it start.
remove_network() {
  local id
  dk ps -aq --filter "network=$1" >"$WORK/members" || return 1
  while read -r id <&6; do
    unless "$GONE"'\|is not connected' dk network disconnect "$1" "$id" || return 1
  done 6<"$WORK/members"
  unless 'not found\|No such network' dk network rm "$1"
}
