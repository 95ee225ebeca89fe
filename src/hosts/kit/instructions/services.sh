# --- services of a compose file ------------------------------------------------------------------

# up PROJECT FILE SLOT WORD…: services and --scale. `--no-deps` keeps the order among those named
# and starts nothing else, so that no finished one-shot runs again. Images are there already; a
# pull here would be one that nobody decided on.
bring_up() {
  local project="$1" file="$2" slot="$3" word background=-d
  is_inside "$file" || return 1
  shift 3
  for word; do
    [ "$word" != --no-start ] || background=''
  done
  compose "$file" "$slot" -p "$project" up ${background:+"$background"} --no-deps --no-build \
    --pull never "$@"
}

# remake PROJECT FILE SLOT SERVICE=CONTAINER…: those that were taken away, as they were: not started,
# and to come back with the server.
remake() {
  local project="$1" file="$2" slot="$3" word there services='' gone=''
  shift 3
  containers_of "$project" >"$WORK/there" || return 1
  there=" $(cut -d ' ' -f 2 "$WORK/there" | tr '\n' ' ') "
  for word; do
    case $there in
      *" ${word#*=} "*) continue ;;
    esac
    gone="$gone ${word#*=}"
    case " $services " in
      *" ${word%%=*} "*) ;;
      *) services="$services ${word%%=*}" ;;
    esac
  done
  [ -n "$gone" ] || return 0
  progress "making again what was taken away:$gone"
  # shellcheck disable=SC2086 # services, containers
  bring_up "$project" "$file" "$slot" --no-start --no-recreate $services &&
    set_policy always $gone && return 0
  progress "could not be made again:$gone"
}

# Lines "service container state status" of a project's containers.
containers_of() {
  dk ps -a --filter "label=com.docker.compose.project=$1" \
    --format '{{.Label "com.docker.compose.service"}} {{.Names}} {{.State}} {{.Status}}'
}

# wanted SERVICE…: sorts the lines on stdin by what is to be done, into ABSENT (services), IDLE and
# WANTED (containers).
sort_containers() {
  local service name state listed=' ' idle=''
  WANTED=''
  while read -r service name state _; do
    case " $* " in
      *" $service "*) ;;
      *) continue ;;
    esac
    listed="$listed$service "
    WANTED="$WANTED $name"
    case $state in
      created | exited | dead) idle="$idle $name/$state" ;;
    esac
  done
  ABSENT='' IDLE=$idle
  for service; do
    case $listed in
      *" $service "*) ;;
      *) ABSENT="$ABSENT $service" ;;
    esac
  done
}

# await SECONDS WORD…: until each container is healthy and each port answers, or for so long: what
# waits for them must not wait for ever.
await() {
  local left=$(($1 * 2)) good=' ' word waiting
  shift
  while [ "$left" -gt 0 ]; do
    waiting=''
    for word; do
      case $word in
        http:* | tcp:*) answers "$word" ;;
        *) is_ready "$word" "$(dk ps --filter "name=^/?$word\$" --format '{{.Status}}')" ;;
      esac || waiting="$waiting $word"
    done
    [ -n "$waiting" ] || return 0
    progress "waiting for$waiting"
    left=$((left - 1))
    sleep 0.5
  done
}

# Uses and extends `good`, the list of its caller: two good looks, as a database may restart once
# while it is being set up.
is_ready() {
  case $2 in
    *'(healthy)'*) return 0 ;;
    *'(health: '* | *'(unhealthy)'*) ;;
    *) return 0 ;;
  esac
  passes_health "$1" || return 1
  case $good in
    *" $1 "*) return 0 ;;
  esac
  good="$good$1 "
  return 1
}

# The container's own health command. Words with newlines in them could not be told apart: those
# are left to Docker.
passes_health() {
  local container="$1" count kind word
  {
    read -r count && read -r kind || return 1
    set --
    case $kind in
      CMD-SHELL) set -- sh -c "$(cat)" ;;
      CMD)
        while IFS= read -r word; do set -- "$@" "$word"; done
        [ $# = $((count - 1)) ] || return 1
        ;;
      *) return 1 ;;
    esac
    # shellcheck disable=SC2086 # one word or three
    within 10 $DOCKER exec "$container" "$@" >/dev/null 2>&1
  } <<END
$(dk inspect --type container --format '{{with .Config.Healthcheck}}{{len .Test}}
{{range .Test}}{{println .}}{{end}}{{end}}' "$container" 2>/dev/null)
END
}

# jobs PROJECT FILE SECONDS SERVICE…: one that ran already is not run again, whether it went well
# or not: a migration may not bear it.
run_jobs() {
  local project="$1" file="$2" seconds="$3" name
  is_inside "$file" && is_number "$seconds" || return 1
  shift 3
  containers_of "$project" >"$WORK/jobs" || return 1
  sort_containers "$@" <"$WORK/jobs"
  for name in $IDLE; do
    case $name in
      */created) quiet dk start "${name%/*}" || return 1 ;;
    esac
  done
  # shellcheck disable=SC2086 # services
  [ -z "$ABSENT" ] || compose "$file" '' -p "$project" up -d --no-deps --no-recreate --no-build \
    --pull never $ABSENT || evidence 'compose could not start all of them'
  containers_of "$project" >"$WORK/jobs" || return 1
  sort_containers "$@" <"$WORK/jobs"
  [ -z "$ABSENT" ] || {
    evidence "not started:$ABSENT"
    return 1
  }
  progress "waiting for $*"
  await_jobs "$seconds"
}

await_jobs() {
  local seconds="$1" name code worst=0
  # shellcheck disable=SC2086 # containers
  set -- $WANTED
  # shellcheck disable=SC2086 # one word or three
  within "$seconds" $DOCKER wait "$@" >"$WORK/codes" 2>>"$LOG" || {
    [ $? != 124 ] || evidence "not finished within $seconds s: stopped"
    dk stop -t 10 "$@" >/dev/null 2>&1
    worst=1
  }
  [ "$worst" = 1 ] || while read -r code <&6; do
    if [ "$code" != 0 ]; then
      evidence "$1 exited with $code"
      worst=1
    fi
    shift
  done 6<"$WORK/codes"
  [ "$worst" = 0 ] && return 0
  # shellcheck disable=SC2086 # containers
  for name in $WANTED; do
    evidence "last lines of $name:"
    dk logs --tail 30 "$name" >>"$LOG" 2>&1
  done
  return 1
}
