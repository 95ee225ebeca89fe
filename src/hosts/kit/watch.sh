# --- the watchdog --------------------------------------------------------------------------------

# Armed means seen alive: by systemd, as it outlives a logout that ends all of a user's processes,
# else as a session of its own, else at least the one in the proxy's project.
start_watch() {
  rm -f "$S/watch"
  if [ "$(id -u)" = 0 ] && [ -d "${BELAY_RUN:-/run}/systemd/system" ] &&
    systemd-run --quiet --collect --unit="belay-$APP-$ENVIRONMENT-$1" \
      --setenv="BELAY_ROOT=$ROOT" --setenv="BELAY_PROC=$PROC" \
      sh "$KIT" watch "$APP" "$ENVIRONMENT" "$1" systemd-run </dev/null >/dev/null 2>&1; then
    await_watch systemd-run && return 0
  fi
  # Nothing of ours may stay open in it: sshd waits for the output, others for the lock.
  BELAY_ROOT=$ROOT BELAY_PROC=$PROC BELAY_REQUEST='' \
    setsid sh "$KIT" watch "$APP" "$ENVIRONMENT" "$1" setsid \
    </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  await_watch setsid || await_watch container
}

# For five seconds.
await_watch() {
  local left=$((${BELAY_PATIENCE:-5} * 50))
  while [ "$left" -gt 0 ]; do
    first_line "$S/watch" || :
    case $LINE in
      "$1 "*) return 0 ;;
    esac
    left=$((left - 1))
    sleep 0.02
  done
  return 1
}

# watch EPOCH KIND: until this run is decided and settled. Both are the deployer's, or the next
# run's, to do; when nobody holds a lease any more they fall to us. Settling is tried again for a
# while, as Docker may be restarting.
verb_watch() {
  local epoch="$1" kind="$2" tries=60
  while :; do
    look_at_clock
    find_decision
    [ "$DECISION" != none ] && [ "$DECIDED_EPOCH" = "$epoch" ] && [ "$tries" -gt 0 ] || break
    say_alive_as "$kind"
    if ! lapsed; then
      sleep "$TICK"
    elif [ "$DECISION" = pending ]; then
      (decide_as_watchdog "$epoch") || sleep "$TICK"
    elif ! (settle_as_watchdog "$epoch"); then
      tries=$((tries - 1))
      sleep 10
    fi
  done
  rm -rf "$WORK"
}

# Written over, not anew: whoever reads it meanwhile must not find it empty.
say_alive_as() { echo "$1 $$ $NOW" 1<>"$S/watch"; }

pending_of() {
  [ -e "$S/pending" ] || return 1
  epoch_of "$S/pending"
  [ "$LINE" = "$1" ]
}

# A lease that cannot be read must be so three times before it counts.
lapsed() {
  local looks
  for looks in 1 2 3; do
    read_lease
    case $LEASE_STATE in
      live) return 1 ;;
      rubbish) [ "$looks" = 3 ] || sleep 0.2 ;;
      *) return 0 ;;
    esac
  done
}

# Looks again with both locks held: a renewal, or another's decision, may have come in between. An
# action that holds the lock although its lease is over has lost its right to it.
decide_as_watchdog() {
  local epoch="$1"
  if has_flock; then
    openable "$S/lock" || return 1
    exec 9>>"$S/lock"
    wait_for 9 "${BELAY_PATIENCE:-3}" || {
      first_line "$S/doing" || :
      # shellcheck disable=SC2086 # words
      set -- $LINE
      [ "${1-}" != one ] || end_group "${3-}"
      return 1
    }
    take_lease_lock
  fi
  pending_of "$epoch" && lapsed || return 1
  mv "$S/pending" "$S/decided_rollback" && flush "$S" || return 1
  ! has_flock || drop_lease_lock
  journal_add "$epoch" '{"type":"decided","decision":"rollback","by":"the watchdog"}'
}

# Only routes where Docker does not answer: traffic need not wait for it. 3 then: not all is done.
settle_as_watchdog() {
  local epoch="$1"
  mkdir -p "$WORK"
  take_lock 60
  find_decision
  lapsed && [ "$DECIDED_EPOCH" = "$epoch" ] || return 0
  case $DECISION in
    none | pending) return 0 ;;
  esac
  if docker_answers; then
    settle "$epoch" all >/dev/null
  else
    settle "$epoch" routes >/dev/null
    return 3
  fi
}

# 124 where it hangs.
docker_answers() {
  command -v docker >/dev/null 2>&1 || return 1
  within 5 docker version >/dev/null 2>&1
  case $? in
    0) return 0 ;;
    124) return 124 ;;
  esac
  command -v sudo >/dev/null 2>&1 && within 5 sudo -n docker version >/dev/null 2>&1 &&
    DOCKER='sudo -n docker' BELAY_SUDO=1 && export BELAY_SUDO
}

# watch-all, in the proxy's project, for the life of the host: the one that a reboot brings back.
# It has no Docker, so it decides, and turns the routes. Where the host's own watchdog lives, both
# may try: the rename lets one win, and a route that is right already is left alone.
watch_all() {
  local pending turned=' '
  while :; do
    for pending in "$ROOT"/*/*/pending "$ROOT"/*/*/decided_rollback; do
      [ -f "$pending" ] || continue
      S=${pending%/*}
      ENVIRONMENT=${S##*/} APP=${S%/*}
      APP=${APP##*/}
      WORK=$S/work/watch-all
      watch_one "${pending##*/}"
    done
    sleep "$TICK"
  done
}

# Extends `turned`, the list of its caller: the routes of one decision are turned once.
watch_one() {
  local epoch
  if [ "$1" = pending ]; then
    epoch_of "$S/pending"
    epoch=$LINE
    say_alive
    lapsed || return 0
    (decide_as_watchdog "$epoch") || return 0
  fi
  find_decision
  [ "$DECISION" = rollback ] || return 0
  case $turned in
    *" $APP/$ENVIRONMENT/$DECIDED_EPOCH "*) return 0 ;;
  esac
  (turn_routes) && turned="$turned$APP/$ENVIRONMENT/$DECIDED_EPOCH "
  give_to_owner
}

# Only where no other watchdog says so.
say_alive() {
  first_line "$S/watch" || :
  look_at_clock
  # shellcheck disable=SC2086 # words
  set -- $LINE
  [ "${1-}" != container ] && is_number "${3-}" && [ $((NOW - $3)) -lt 4 ] && return
  say_alive_as container
}

# Without flock, an action that was under way may turn a route after us: so we look once more.
turn_routes() {
  mkdir -p "$WORK"
  if has_flock; then
    openable "$S/lock" || return 1
    exec 9>>"$S/lock"
    wait_for 9 3 || return 1
    find_decision
    [ "$DECISION" = rollback ] || return 0
  fi
  settle "$DECIDED_EPOCH" routes >/dev/null 2>&1
  has_flock || {
    sleep 2
    settle "$DECIDED_EPOCH" routes >/dev/null 2>&1
  }
  rm -rf "$WORK"
}

# In the container we are root; the state may belong to a user.
give_to_owner() {
  local owner
  owner=$(stat -c %u:%g "$S" 2>/dev/null) && [ "$owner" != 0:0 ] && [ "$(id -u)" = 0 ] || return 0
  chown "$owner" "$S"/* "$ROOT"/proxy/route/*/* 2>/dev/null
}
