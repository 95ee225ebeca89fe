# --- the decision: one rename, by whoever comes first --------------------------------------------

# DECISION is none, pending, commit or rollback; DECIDED its file, DECIDED_HEAD the first line, with
# the run's DECIDED_EPOCH. SETTLED and SETTLED_EPOCH: the last decision that was carried out whole.
# Without a lock the file may be renamed under our eyes: then we look again.
find_decision() {
  DECISION=none DECIDED='' DECIDED_HEAD='' DECIDED_EPOCH=0 SETTLED='' SETTLED_EPOCH=0
  if [ -e "$S/pending" ]; then
    DECISION=pending DECIDED=$S/pending
  elif [ -e "$S/decided_commit" ]; then
    DECISION=commit DECIDED=$S/decided_commit
  elif [ -e "$S/decided_rollback" ]; then
    DECISION=rollback DECIDED=$S/decided_rollback
  fi
  if [ -n "$DECIDED" ]; then
    first_line "$DECIDED" || :
    DECIDED_HEAD=$LINE
    epoch_of "$DECIDED"
    DECIDED_EPOCH=$LINE
    [ -e "$DECIDED" ] || {
      find_decision
      return
    }
  fi
  if [ -e "$S/settled_commit" ]; then
    SETTLED=commit
  elif [ -e "$S/settled_rollback" ]; then
    SETTLED=rollback
  fi
  if [ -n "$SETTLED" ]; then
    epoch_of "$S/settled_$SETTLED"
    SETTLED_EPOCH=$LINE
  fi
}

# The word after `epoch` in the file's head, as LINE.
epoch_of() {
  first_line "$1" || :
  case $LINE in
    'run '*' epoch '*)
      LINE=${LINE#*' epoch '}
      LINE=${LINE%% *}
      ;;
    *) LINE=0 ;;
  esac
}

# decide EPOCH commit|rollback, payload: a note for the journal. Prints what stands, which may be
# what the watchdog decided, settled long ago even.
verb_decide() {
  case $2 in
    commit | rollback) ;;
    *) give_up 70 'decide <epoch> commit|rollback' ;;
  esac
  take_lock 20
  fence "$1"
  find_decision
  case $DECISION in
    pending)
      rename_pending "$1" "$2"
      [ "$2" = rollback ] || keep_release "$1"
      ;;
    none)
      [ "$SETTLED_EPOCH" = "$1" ] || give_up 80 'nothing was armed'
      DECISION=$SETTLED
      ;;
  esac
  echo "$DECISION"
}

# Decide first, act second. The rename is on disk before anyone hears of it.
rename_pending() {
  mv -f "$S/pending" "$S/decided_$2" && flush "$S" || give_up 75 "cannot write $S"
  DECISION=$2 DECIDED=$S/decided_$2
  first_line "$PAYLOAD" || LINE="{\"type\":\"decided\",\"decision\":\"$2\"}"
  journal_add "$1" "$LINE"
}

# What makes the release the kept one comes first in the list, and is done before anyone hears of
# the commit: a reboot right after it must not bring the old one back. Settling does it again, and
# says what fails.
keep_release() {
  awk '
    $1 != "forward" { next }
    $2 != "policy" && $2 != "current" && $2 != "mark" { exit }
    { sub(/^forward /, ""); print }' "$DECIDED" >"$WORK/list" || return 0
  [ ! -s "$WORK/list" ] || (carry_out "$1" "$WORK/list" all 30) >/dev/null
}

verb_settle() {
  take_lock 60
  fence "$1"
  find_decision
  case $DECISION in
    none | pending) give_up 80 'nothing to settle' ;;
  esac
  docker_answers || wait_for_docker "$1"
  settle "$1" all
}

# Docker may be starting again, or hang: traffic goes back without it, the rest waits for a while.
# One that hangs then would let each line of the list wait: whoever comes next goes on.
wait_for_docker() {
  local left="${BELAY_PATIENCE:-60}" code
  [ "$DECISION" = commit ] || settle "$1" routes >/dev/null
  while [ "$left" -gt 0 ]; do
    sleep 1
    docker_answers && return
    code=$?
    [ "$code" != 124 ] || left=$((left - 5))
    left=$((left - 1))
  done
  [ "$code" != 124 ] || give_up 74 @problems 'the Docker daemon hangs: it does not answer'
}

# settle EPOCH MODE: carries out the list of the decision that stands, from the file itself: a full
# disk has no room for a copy. Nothing of it is forgotten before all of it is done.
settle() {
  local epoch="$1" mode="$2" way=back code
  [ "$DECISION" = rollback ] || way=forward
  (carry_out "$epoch" "$DECIDED" "$mode" 900 "$way")
  code=$?
  [ "$mode" = all ] || return "$code"
  journal_add "$epoch" \
    "{\"type\":\"settled\",\"decision\":\"$DECISION\",\"epoch\":$DECIDED_EPOCH,\"code\":$code}"
  [ "$code" = 0 ] || return "$code"
  # The new name first: at any moment one of the two says what was decided.
  mv -f "$DECIDED" "$S/settled_$DECISION" && flush "$S"
  [ "$DECISION" = commit ] || rm -f "$S/settled_commit"
  [ "$DECISION" = rollback ] || rm -f "$S/settled_rollback"
  rm -f "$S/watch"
}
