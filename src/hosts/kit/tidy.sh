# --- what earlier runs left behind, seen under the lock by the new owner ---------------------------

tidy_state() {
  restore_releases
  rm -rf "$S"/results "$S"/releases/*.tmp-* "$S"/releases/*.old-* "$S"/*.new.*
  rm -rf "$S"/runs/*.new.* "$S"/logs/*.new.*
  tidy_work
  tidy_logs
  tidy_backups
  tidy_trials
  tidy_journal
  write_rollback_script
  tidy_kits
}

# What tasks printed, and what runs told, for thirty days.
tidy_logs() {
  [ ! -d "$S/logs" ] || find "$S/logs" -type f -mtime +30 -exec rm -f {} +
}

# The scraps of processes that died.
tidy_work() {
  local scraps
  for scraps in "$S"/work/*; do
    case ${scraps##*/} in
      watch-all) ;;
      *) [ -d "/proc/${scraps##*/}" ] || rm -rf "$scraps" ;;
    esac
  done
}

# Other versions of this kit that nothing runs from, nor ever will: an older Belay that comes again
# brings its own. A fresh one may be about to be used.
tidy_kits() {
  local folder sum
  rm -f "$WORK/kits"
  for folder in "$ROOT"/kit/*; do
    sum=${folder##*/}
    [ "${#sum}" = 64 ] && [ "$folder/kit.sh" != "$KIT" ] || continue
    [ -z "$(find "$folder" -prune -mmin -60 2>/dev/null)" ] || continue
    [ -e "$WORK/kits" ] || note_kits || return 0
    grep -qF "$sum" "$WORK/kits" || rm -rf "$folder"
  done
}

# Every place that names a kit: programs that run (armed watchdogs, sessions that are being opened),
# the scripts for a person, and the container that Docker starts at each boot.
note_kits() {
  {
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '
    cat "$ROOT"/*/*/rollback 2>/dev/null
    dk inspect --type container --format '{{json .Config.Cmd}}' belay-proxy-watchdog-1 \
      2>"$WORK/kits.err"
  } >"$WORK/kits"
  [ ! -s "$WORK/kits.err" ] || grep -q 'No such' "$WORK/kits.err" || {
    rm -f "$WORK/kits"
    return 1
  }
}
