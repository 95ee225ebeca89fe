# --- actions: exactly once, within their time, carried through without the link -------------------

# do EPOCH NUMBER GUARD TIMEOUT [stage=RELEASE] [from=OTHER] [arm], see PROTOCOL.md for the payload.
verb_do() {
  local epoch="$1" number="$2" guard="$3" seconds="$4" stage='' from='' arm='' word result
  is_number "$number" && is_number "$seconds" || give_up 70 'do <epoch> <number> <guard> <timeout>'
  shift 4
  for word; do
    case $word in
      stage=*) stage=${word#stage=} ;;
      from=*) from=${word#from=} ;;
      arm) arm=1 ;;
      *) give_up 70 "do: $word" ;;
    esac
  done
  # Asked again after a lost link, the first one may still be at it.
  take_lock $((seconds + 20))
  fence "$epoch"
  result=$S/results/$epoch-$number
  [ ! -f "$result" ] || replay "$result"
  [ "$guard" != pending ] || [ -f "$S/pending" ] || give_up 77 'no run is pending'
  exec 5<"$PAYLOAD"
  IFS= read -r word <&5 || give_up 70 'do: no note'
  journal_add "$epoch" "$word"
  take_instructions
  (
    [ -z "$stage" ] || stage "$stage" "$epoch" "$from" || give_up 1 'failed 0 stage'
    [ -z "$arm" ] || arm "$epoch" "$stage"
    GUARD=$guard carry_out "$epoch" "$WORK/list" one "$seconds"
  ) >"$WORK/result"
  record "$epoch" "$number" $?
}

# Lines up to an empty one, from descriptor 5. The shell reads byte by byte, so that the tar which
# follows is still whole. Half a list, on a full disk, is none: half a line may mean something else.
take_instructions() {
  : >"$WORK/list" || give_up 75 "cannot write $S"
  while IFS= read -r word <&5 && [ -n "$word" ]; do
    printf '%s\n' "$word" >>"$WORK/list" || give_up 75 "cannot write $S"
  done
}

replay() {
  first_line "$1" || :
  tail -n +2 "$1"
  exit "$LINE"
}

# A refusal is no result: asked again, it is decided anew.
record() {
  local result="$S/results/$1-$2" code="$3"
  case $code in
    76 | 77) ;;
    *)
      journal_add "$1" "{\"type\":\"action-finished\",\"number\":$2,\"code\":$code}"
      mkdir -p "$S/results"
      { echo "$code" && cat "$WORK/result"; } >"$result.new" && mv -f "$result.new" "$result"
      ;;
  esac
  cat "$WORK/result"
  exit "$code"
}

# stage RELEASE EPOCH [FROM]: the release's folder appears whole or not at all. Its files keep their
# own mode, so that a container's user can read them; the folder itself is closed to all but us.
stage() {
  local folder="$S/releases/$1" fresh="$S/releases/$1.tmp-$2" from="$3"
  is_name "$1" || give_up 70 "stage: $1"
  mkdir -p "$S/releases"
  restore_releases
  rm -rf "$fresh" && mkdir "$fresh" || return 1
  [ -z "$from" ] || start_from "$from" "$1" "$fresh" || return 1
  (umask 022 && cd "$fresh" && tar -xpof - <&5 2>&1) || return 1
  find "$fresh" -type f -exec sync {} + 2>/dev/null || sync
  if [ -e "$folder" ]; then
    rm -rf "$folder.old-$2"
    mv -f "$folder" "$folder.old-$2" || return 1
  fi
  mv -f "$fresh" "$folder" || return 1
  flush "$S/releases"
  [ ! -e "$folder.old-$2" ] || rm -rf "$folder.old-$2"
}

# A copy of another release, or of the same; how that one proved itself says nothing of this one,
# nor what ran for it.
start_from() {
  is_name "$1" && [ -d "$S/releases/$1" ] || {
    echo "there is no release $1 to start from"
    return 1
  }
  cp -a "$S/releases/$1/." "$3/" 2>&1 || return 1
  rm -f "$3/pending"
  [ "$1" = "$2" ] || rm -rf "$3/mark" "$3/tasks"
}

# A crash may have come between the two renames: the old folder is the only one then.
restore_releases() {
  local old folder
  for old in "$S"/releases/*.old-*; do
    folder=${old%.old-*}
    [ ! -e "$old" ] || [ -e "$folder" ] || mv -f "$old" "$folder"
  done
}

# From here on the host goes back by itself unless told otherwise. A run that was decided already
# must not come to life again because a late request arms it.
arm() {
  local epoch="$1" stage="$2" source="$S/pending.new.$$"
  find_decision
  case $DECISION in
    none) [ "$SETTLED_EPOCH" != "$epoch" ] || give_up 77 'the run was decided already' ;;
    pending) [ "$DECIDED_EPOCH" = "$epoch" ] || give_up 1 "$LATER" 'failed 0 arm' ;;
    *) give_up 77 'a decision stands' ;;
  esac
  rm -f "$source"
  if [ -n "$stage" ]; then
    ln "$S/releases/$stage/pending" "$source" || give_up 1 'failed 0 arm'
  else
    cat <&5 >"$source"
  fi
  flush "$source"
  first_line "$source" || :
  case $LINE in
    "run "*" epoch $epoch release "*) ;;
    *) give_up 1 "the file pending does not begin with this run's words" 'failed 0 arm' ;;
  esac
  mv -f "$source" "$S/pending" && flush "$S" || give_up 1 'failed 0 arm'
  start_watch "$epoch" || give_up 81 'failed 0 arm'
}

LATER='an earlier run is undecided: it must be settled first'

# carry_out EPOCH LIST MODE SECONDS [WAY]: the instructions run in a process group of their own, so
# that they outlive a link, and can be ended as a whole. Children that live on must not keep the
# lock; these do, as nobody else may act before they are done.
carry_out() {
  local epoch="$1" list="$2" mode="$3" seconds="$4" way="${5-}" group timer code
  rm -f "$WORK/late" "$WORK/at"
  # shellcheck disable=SC2086 # a word or none
  BELAY_ROOT=$ROOT BELAY_PROC=$PROC BELAY_REQUEST=$REQUEST GUARD=${GUARD-} \
    setsid sh "$KIT" carry "$APP" "$ENVIRONMENT" "$mode" "$list" "$WORK" $way </dev/null &
  group=$!
  printf '%s %s %s\n' "$mode" "$epoch" "$group" >"$S/doing"
  # shellcheck disable=SC2086 # one word or three
  setsid sh -c "$TIMER" timer "$seconds" "$group" "$WORK/late" "$SILENCE" $DOCKER \
    </dev/null >/dev/null 2>&1 3>&- 5<&- 9>&- &
  timer=$!
  wait "$group"
  code=$?
  # By its own number too: it may not lead a group yet.
  kill -KILL "-$timer" 2>/dev/null || kill -KILL "$timer" 2>/dev/null
  rm -f "$S/doing"
  if first_line "$WORK/late" && [ "$LINE" = silent ]; then
    give_up 74 @problems "the Docker daemon hangs: it twice did not answer within $SILENCE s"
  fi
  first_line "$WORK/at" || :
  if [ -e "$WORK/late" ]; then
    give_up 124 "not done within $seconds s" "failed $LINE"
  fi
  case $code in
    143 | 137) give_up 1 cancelled "failed $LINE" ;;
  esac
  return "$code"
}

# Ends what takes too long; sooner, what waits for a Docker that hangs: two questions in a row got no
# answer. Outlives us if we are killed, so it looks whose number that is by then.
# shellcheck disable=SC2016 # its own shell expands it
TIMER='
left=$1 group=$2 file=$3 silence=$4 silent=0 why=late
shift 4
while [ "$left" -gt 0 ]; do
  pause=$((silence / 2))
  [ "$pause" -lt "$left" ] || pause=$left
  sleep "$pause"
  left=$((left - pause))
  [ "$left" -gt 0 ] || break
  timeout "$silence" "$@" version </dev/null >/dev/null 2>&1
  case $? in
    124 | 143) silent=$((silent + 1)) left=$((left - silence)) ;;
    *) silent=0 ;;
  esac
  [ "$silent" -lt 2 ] || { why=silent && break; }
done
case $(tr "\\0" " " <"/proc/$group/cmdline") in
  *"kit.sh carry "*)
    echo "$why" >"$file"
    kill -TERM "-$group"
    sleep 5
    kill -KILL "-$group" ;;
esac'

# carry MODE LIST WORK [WAY], in its own process: the whole list, or what follows WAY in the lines
# that begin with it. `one`: the first failure ends it. `all`: everything is tried, and failures are
# told at the end of each; but nothing is started after something could not be stopped, as of some
# services two must never run, and nothing is stopped after traffic could not be turned, as it may be
# what clients are answered by. `routes`: what needs no Docker.
verb_carry() {
  local mode="$1" list="$2" way="${4-}" n=0 line code=0 last unstopped='' unturned=''
  WORK=$3
  LOG=$WORK/log
  CARRIED=$mode
  while IFS= read -r line <&4 || [ -n "$line" ]; do
    [ -z "$way" ] || case $line in
      "$way "*) line=${line#"$way "} ;;
      *) continue ;;
    esac
    n=$((n + 1))
    [ "$mode" != routes ] || case $line in
      'route '*) ;;
      *) continue ;;
    esac
    case "$unturned$line" in
      'yes stop '* | 'yes remove '* | 'yes remove-project '*)
        printf 'not stopped: traffic could not be turned\nfailed %s %s\n' "$n" "${line%% *}"
        unstopped='yes '
        continue
        ;;
    esac
    case "$unstopped$line" in
      'yes start '* | 'yes relay '* | 'yes task '*)
        printf 'not started: something could not be stopped\nfailed %s %s\n' "$n" "${line%% *}"
        continue
        ;;
    esac
    [ "${GUARD-}" != pending ] || [ -f "$S/pending" ] || give_up 77 'a decision was taken'
    printf '%s %s\n' "$n" "${line%% *}" >"$WORK/at"
    : >"$LOG"
    (
      # shellcheck disable=SC2086 # words, checked before any is used
      instruct $line
    ) >>"$LOG" 2>&1 4<&-
    last=$?
    [ "$last" != 0 ] || continue
    # That compose is gone says nothing of what was to be done.
    [ "$last" = 72 ] && code=72 || code=1
    case $line in
      'stop '* | 'restore '* | 'undo-restore '* | 'end-task '* | 'task '*) unstopped='yes ' ;;
      'route '*) unturned='yes ' ;;
    esac
    tail -n 60 "$LOG"
    printf 'failed %s %s\n' "$n" "${line%% *}"
    [ "$mode" != one ] || return "$code"
  done 4<"$list"
  return "$code"
}

# Ends the instruction that is under way in `do`, if it is this epoch's.
verb_cancel() {
  first_line "$S/doing" || return 0
  # shellcheck disable=SC2086 # words
  set -- "$1" $LINE
  [ "${2-}" = one ] && [ "${3-}" = "$1" ] || return 0
  end_group "${4-}"
}

# end_group ID: only a process that is this kit's own; the number may be another's by now.
end_group() {
  local tries=0
  is_number "$1" || return 0
  case $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") in
    *'kit.sh carry '*) ;;
    *) return 0 ;;
  esac
  kill -TERM "-$1" 2>/dev/null
  while [ -d "/proc/$1" ] && [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  [ ! -d "/proc/$1" ] || kill -KILL "-$1" 2>/dev/null
}
