# --- tasks: a command of a release, once, in a container of its own --------------------------------

# task PROJECT FILE SERVICE NAME SECONDS [again] [lenient] [after=NAME] [moved=NAME,NAME]
# [apart=CONTAINER,…]: what ended for this release is not run again, and what runs already is waited
# for; `again` begins anew, for what bears it. That is known by a record in the release's folder,
# which goes with it; it is written before the container starts, and before the container goes.
run_task() {
  local project="$1" service="$3" name="$4" seconds="$5" word again='' lenient='' container='' apart=''
  is_task "$@" && is_number "$seconds" || return 1
  local release="$RELEASE" tasks="$S/releases/$RELEASE/tasks" file="$2"
  shift 5
  for word; do
    case $word in
      again) again=1 ;;
      lenient) lenient=1 ;;
      after=*) was_run "${word#after=}" || return "$SKIP" ;;
      moved=*) has_moved "${word#moved=}" || return "$SKIP" ;;
      apart=*) apart=${word#apart=} ;;
      *) return 1 ;;
    esac
  done
  read_record "$name"
  [ -z "$again" ] || RECORD=none
  case $RECORD in
    ended) drop_container ;;
    *) stand_apart && perform ;;
  esac || {
    [ -n "$lenient" ] && docker_answers
    return
  }
  [ "$CODE" != 0 ] || return 0
  evidence "$name $(how_ended "$CODE"); its last lines:"
  tail -n 30 "$S/logs/$release-$name.log" >>"$LOG" 2>/dev/null
  [ -n "$lenient" ]
}

# The words by which both know a task; sets RELEASE.
is_task() {
  is_inside "$2" && is_name "$1" && is_name "$3" && is_name "$4" || return 1
  RELEASE=${2#releases/}
  RELEASE=${RELEASE%%/*}
  [ "$2" != "$RELEASE" ] && is_name "$RELEASE" && [ -d "$S/releases/$RELEASE" ] || {
    evidence "there is no release $RELEASE"
    return 1
  }
}

# read_record NAME: RECORD is none, begun, never or ended, CODE its exit code, SAID what it said in
# base64. Below, variables of the caller: tasks, its folder.
read_record() {
  RECORD=none CODE='' SAID=''
  first_line "$tasks/$1" || return 0
  read -r RECORD CODE SAID <<END
$LINE
END
}

record_task() {
  mkdir -p "$tasks" && put "$tasks/$1" "$2" durable && flush "$tasks"
}

# Whether a task was started, as SKIP when not: 0, or 1 where it is not known yet.
was_run() {
  SKIP=0
  is_name "$1" || SKIP=1
  read_record "$1"
  case $RECORD in
    ended) return 0 ;;
    begun) evidence "$1 was not ended" && SKIP=1 ;;
  esac
  return 1
}

# has_moved ONE,OTHER: two that are known, and said different things.
has_moved() {
  local before
  SKIP=0
  read_record "${1%,*}"
  [ "$RECORD $CODE" = 'ended 0' ] || return 1
  before=$SAID
  read_record "${1#*,}"
  [ "$RECORD $CODE" = 'ended 0' ] && [ "$SAID" != "$before" ]
}

how_ended() {
  case $1 in
    124) echo "did not end within $seconds s, and was ended" ;;
    gone) echo 'was ended by somebody: its container is gone' ;;
    *) echo "exited with $1" ;;
  esac
}

# A server that has lost its power starts again what ran, though it was stopped for this.
stand_apart() {
  [ -n "$apart" ] || return 0
  # shellcheck disable=SC2046 # words
  unless "$GONE" dk stop $(printf %s "$apart" | tr , ' ') || exit 1
}

# From wherever it was left to its end; sets CODE. Where nothing was begun its container is made
# anew: one that is there was left by something else.
perform() {
  find_container || return 1
  if [ "$RECORD$container" = begun ]; then
    end_record gone
    return
  fi
  [ "$RECORD" = begun ] || {
    drop_container || return 1
    compose "$file" '' -p "$project" up --no-start --no-deps --no-build --pull never "$service" &&
      find_container && [ -n "$container" ] && record_task "$name" begun || return 1
  }
  case $STATE in
    created)
      quiet dk start "$container" || {
        # What was never started needs no undoing.
        find_container && [ "$STATE" = created ] && record_task "$name" never
        return 1
      }
      ;;
  esac
  progress "waiting for $name"
  await_task
}

# The one container of the service, as `container` of the caller and STATE.
find_container() {
  container='' STATE=''
  containers_of "$project" >"$WORK/task" || return 1
  local of found state
  while read -r of found state _ <&6; do
    [ "$of" != "$service" ] || container=$found STATE=$state
  done 6<"$WORK/task"
}

# What the power left behind.
drop_container() {
  find_container && { [ -z "$container" ] || unless "$GONE" dk rm -f "$container"; }
}

# Its output is shown as it comes.
await_task() {
  local shown code
  follow </dev/null 8>&- 9>&- &
  shown=$!
  # shellcheck disable=SC2086 # one word or three
  within "$seconds" $DOCKER wait "$container" >"$WORK/code" 2>>"$LOG"
  code=$?
  [ "$code" != 124 ] || {
    # Beside one that still runs nothing may be started.
    unless "$GONE" dk stop -t 10 "$container" || exit 1
  }
  wait "$shown"
  case $code in
    0) first_line "$WORK/code" || return 1 ;;
    124) LINE=124 ;;
    *) return 1 ;;
  esac
  end_record "$LINE"
}

# A thousand lines are enough to look at; all of them are read, as nothing may wait for us.
follow() {
  # shellcheck disable=SC2086 # one word or three
  $DOCKER logs -f "$container" 2>&1 3>&- | {
    local left=1000 line
    while [ "$left" -gt 0 ] && IFS= read -r line; do
      progress "$name: $line"
      left=$((left - 1))
    done
    cat >/dev/null
  }
}

# end_record CODE: the output's last megabyte is kept, and the last words of the standard output are
# what it said. The record first: a container whose record says begun is one that may still run.
end_record() {
  CODE=$1 SAID=''
  [ -z "$container" ] || {
    mkdir -p "$S/logs" &&
      dk logs "$container" 2>&1 | tail -c 1048576 >"$S/logs/$release-$name.log.new.$$" &&
      mv -f "$S/logs/$release-$name.log.new.$$" "$S/logs/$release-$name.log" || return 1
    SAID=$(dk logs "$container" 2>/dev/null | tail -c 500 | base64 | tr -d '\n')
  }
  record_task "$name" "ended $CODE $SAID" || return 1
  [ -z "$container" ] || unless "$GONE" dk rm -f "$container"
}

# end-task PROJECT FILE SERVICE NAME: one that runs is ended, as nothing else may run beside it; one
# that was about to start never did.
end_task() {
  local project="$1" service="$3" name="$4" container='' code
  is_task "$@" || return 1
  local release="$RELEASE" tasks="$S/releases/$RELEASE/tasks"
  read_record "$name"
  [ "$RECORD" = begun ] || return 0
  find_container || return 1
  case $STATE in
    '') end_record gone ;;
    created) record_task "$name" never ;;
    *)
      unless "$GONE" dk stop -t 10 "$container" || return 1
      code=$(dk inspect --type container --format '{{.State.ExitCode}}' "$container") || return 1
      end_record "$code"
      ;;
  esac
}

# Lines "release name record code said" of all tasks.
tasks() {
  local file release
  for file in "$S"/releases/*/tasks/*; do
    first_line "$file" || continue
    release=${file%/tasks/*} release=${release##*/}
    case $release in
      *.tmp-* | *.old-*) continue ;;
    esac
    case ${file##*/} in
      *.new.*) ;;
      *) echo "$release ${file##*/} $LINE" ;;
    esac
  done
}
