# --- for a person on the server, with no Belay at hand -------------------------------------------

write_rollback_script() {
  local text
  text="#!/bin/sh
# Ends an unfinished deployment of $APP ($ENVIRONMENT), or goes back to the release before.
exec env BELAY_ROOT='$ROOT' sh '$KIT' once '$APP' '$ENVIRONMENT' go-back \"\$@\""
  [ "$(cat "$S/rollback" 2>/dev/null)" != "$text" ] || return 0
  put "$S/rollback" "$text" && chmod 700 "$S/rollback"
}

# go-back [--to RELEASE]
verb_go_back() {
  docker_answers || give_up 74 'Docker does not answer.'
  take_lock 60
  find_decision
  read_epoch
  [ "$DECISION" != pending ] || {
    : >"$PAYLOAD"
    rename_pending "$EPOCH" rollback
  }
  if [ "$DECISION" != none ]; then
    echo "The last run was left unfinished; the decision is $DECISION. Carrying it out."
    finish_settling
  elif [ "${1-}" = --to ] && [ -n "${2-}" ]; then
    return_to "$2"
  else
    explain_return
  fi
}

finish_settling() {
  settle "$EPOCH" all || give_up 1 'Not all of it worked: see above, and run this again.'
  first_line "$S/current" || LINE='- -'
  echo "Done. The release that serves: ${LINE%% *}"
}

explain_return() {
  local current previous
  first_line "$S/current" || LINE='- -'
  current=${LINE%% *} previous=${LINE#* }
  echo "Nothing is unfinished. The release that serves: $current; the one before: $previous."
  can_return_to "$previous" || {
    echo 'This script knows no way back from it. From a machine with Belay: belay rollback'
    return
  }
  echo "To go back to it: sh $S/rollback --to $previous"
  ! grep -q '^back end-task .* migrate$' "$S/settled_commit" ||
    echo "Only code goes back: the database stays as $current migrated it."
  echo 'That will do, in this order:'
  way_back "$previous" | sed -n 's/^back /  /p'
}

# Only from what the last run confirmed, as only its lists tell the way: a run that was put back
# since has lists of its own.
can_return_to() {
  local current
  first_line "$S/current" || return 1
  current=$LINE
  [ "$1" != - ] && [ "${current#* }" = "$1" ] && first_line "$S/settled_commit" || return 1
  case "$LINE " in
    *" release ${current%% *} previous $1 "*) return 0 ;;
  esac
  return 1
}

# The last run's own list of how to go back, made for a moment when the old still ran: so what the
# confirm stopped is started first, but for what that list starts itself, as two of it must never
# run. The containers that are left stay, for their logs. A migration is not undone any more: what
# was written since the confirm could go with it.
way_back() {
  awk -v release="$1" '
    NR == 1 { print }
    /^back start / { for (i = 3; i <= NF; i++) later[$i] = 1 }
    /^forward stop / { for (i = 4; i <= NF; i++) if (!($i in later)) stopped = stopped " " $i }
    /^forward policy no / { sub(/^forward policy no/, ""); old = old $0 }
    /^forward policy always / { sub(/^forward policy always/, ""); new = new $0 }
    /^back / && !/^back (remove-project|task|end-task) / { back = back $0 "\n" }
    END {
      if (stopped != "") print "back start" stopped "\nback await 60" stopped
      printf "%s", back
      if (new != "") print "back policy no" new
      if (old != "") print "back policy always" old
      print "back current " release " -"
    }' "$S/settled_commit"
}

# Whoever holds a lease is in the middle of something. A new epoch fences those who only think so.
return_to() {
  local ids
  can_return_to "$1" ||
    give_up 1 "This script knows no way to $1. From a machine with Belay: belay rollback $1"
  ids=$(dk ps -aq --filter "label=belay.app=$APP" --filter "label=belay.environment=$ENVIRONMENT" \
    --filter "label=belay.release=$1") && [ -n "$ids" ] ||
    give_up 1 "The containers of $1 are gone. From a machine with Belay: belay rollback $1"
  take_lease_lock
  read_lease
  [ "$LEASE_STATE" != live ] || give_up 78 'A run is under way: wait, or belay lease release.'
  read_epoch
  EPOCH=$((EPOCH + 1))
  put "$S/epoch" "$EPOCH" durable || give_up 75 "cannot write $S"
  drop_lease_lock
  put "$S/decided_rollback" "$(way_back "$1")" durable && flush "$S" || give_up 75 "cannot write $S"
  journal_add "$EPOCH" '{"type":"decided","decision":"rollback","by":"a person"}'
  find_decision
  finish_settling
}
