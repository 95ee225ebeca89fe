# --- the epoch and the lease -------------------------------------------------------------------

# The fencing token that was last given out, as EPOCH. Should the file be damaged, the journal's
# last line knows it too: a token must never be given out twice.
read_epoch() {
  first_line "$S/epoch" || LINE=0
  EPOCH=$LINE
  is_number "$EPOCH" && return 0
  EPOCH=$(tail -n 1 "$S/journal" 2>/dev/null | cut -d ' ' -f 2)
  is_number "$EPOCH" || EPOCH=0
}

fence() {
  read_epoch
  [ "$EPOCH" = "$1" ] || give_up 76 "epoch $EPOCH"
}

# LEASE_STATE is none, live, lapsed (its time or its boot is over) or rubbish, which also counts as
# lapsed. A deadline more than a day ahead was never given out by this kit.
read_lease() {
  LEASE_STATE=none LEASE_EPOCH=0 LEASE_LEFT=0 LEASE_AGE=0 LEASE_WHO=-
  [ -e "$S/lease" ] || return 0
  look_at_clock
  LEASE_STATE=rubbish
  first_line "$S/lease" || return 0
  # shellcheck disable=SC2086 # words
  set -- $LINE
  [ $# = 5 ] && is_number "$1" && is_number "$3" && is_number "$4" && is_safe "$5" || return 0
  LEASE_EPOCH=$1 LEASE_WHO=$5 LEASE_STATE=lapsed
  [ "$2" = "$BOOT" ] || return 0
  if [ $(($3 - NOW)) -gt 86400 ]; then
    LEASE_STATE=rubbish
    return 0
  fi
  LEASE_LEFT=$(($3 - NOW)) LEASE_AGE=$((NOW - $4))
  [ "$LEASE_LEFT" -le 0 ] || LEASE_STATE=live
}

write_lease() {
  put "$S/lease" "$1 $BOOT $((NOW + $2)) $3 $4" durable || give_up 75 "cannot write $S/lease"
}

print_lease() {
  echo @lease
  case $LEASE_STATE in
    live | lapsed) echo "$LEASE_EPOCH $LEASE_LEFT $LEASE_AGE $LEASE_WHO" ;;
  esac
}

# acquire TTL RUN [steal=RUN,…], payload: owner, purpose.
verb_acquire() {
  local ttl="$1" who steal="${3-}" robbed=''
  is_number "$ttl" && [ "$ttl" -le 86400 ] && [ -n "$2" ] || give_up 70 'acquire <ttl> <run>'
  who=$({ head -n 2 "$PAYLOAD" && echo "$2"; } | base64 | tr -d '\n')
  case $steal in
    '') ;;
    steal=*) rob "${steal#steal=}" "$ttl" "$who" ;;
    *) give_up 70 "acquire: $steal" ;;
  esac
  hold_lock 20 || {
    [ -z "$robbed" ] || give_back "$EPOCH"
    say_busy
  }
  refuse_if_held "$who"
  gather_again
  [ "$PROBLEM" = 0 ] || {
    [ -z "$robbed" ] || give_back "$EPOCH"
    print_observed
    exit "$PROBLEM"
  }
  record_root
  take_lease_lock
  refuse_if_held "$who"
  grant_lease "$ttl" "$who"
  drop_lease_lock
  print_observed
}

refuse_if_held() {
  read_lease
  if [ "$LEASE_STATE" = live ] && [ "$LEASE_WHO" != "$1" ]; then
    print_lease
    exit 78
  fi
}

# rob RUN,… TTL WHO: a lease changes hands in one moment, and only one of those that the thief has
# seen: of two thieves the second must not rob the first. Sets robbed, the epoch that is fenced;
# never waits for the action of its owner.
rob() {
  take_lease_lock
  read_lease
  if [ "$LEASE_STATE" = live ] && [ "$LEASE_WHO" != "$3" ]; then
    case ",$1," in
      *",$(printf %s "$LEASE_WHO" | base64 -d | sed -n 3p),"*) ;;
      *)
        print_lease
        exit 78
        ;;
    esac
    robbed=$LEASE_EPOCH
    next_epoch
    write_lease "$EPOCH" "$2" "$NOW" "$3"
  fi
  drop_lease_lock
}

next_epoch() {
  read_epoch
  EPOCH=$((EPOCH + 1))
  put "$S/epoch" "$EPOCH" durable || give_up 75 "cannot write $S/epoch"
}

# Asked again by the same run, as after a lost link, its lease goes on. Extends `robbed`, its caller's.
grant_lease() {
  local ttl="$1" who="$2"
  look_at_clock
  read_epoch
  if [ "$LEASE_STATE" = live ] && [ "$LEASE_EPOCH" = "$EPOCH" ]; then
    write_lease "$EPOCH" "$ttl" $((NOW - LEASE_AGE)) "$who"
    [ -n "$robbed" ] || return 0
  else
    next_epoch
    write_lease "$EPOCH" "$ttl" "$NOW" "$who"
  fi
  [ -e "$S/format" ] || put "$S/format" "$FORMAT"
  tidy_state
  [ -z "$robbed" ] || journal_add "$EPOCH" "{\"type\":\"lease-broken\",\"epoch\":$robbed}"
  journal_add "$EPOCH" '{"type":"lease-acquired"}'
}

# give_back EPOCH: if it is still ours.
give_back() {
  take_lease_lock
  read_lease
  [ "$LEASE_EPOCH" != "$1" ] || rm -f "$S/lease"
  drop_lease_lock
}

verb_renew() {
  is_number "$2" && [ "$2" -le 86400 ] || give_up 70 'renew <epoch> <ttl>'
  take_lease_lock
  fence "$1"
  read_lease
  [ "$LEASE_EPOCH" = "$1" ] || give_up 76 "epoch $EPOCH"
  look_at_clock
  write_lease "$1" "$2" $((NOW - LEASE_AGE)) "$LEASE_WHO"
}

verb_release() {
  take_lock 20
  give_back "$1"
}

# Never waits for the action of the one that it fences.
verb_break() {
  take_lease_lock
  read_lease
  read_epoch
  put "$S/epoch" $((EPOCH + 1)) durable || give_up 75 "cannot write $S/epoch"
  rm -f "$S/lease"
  drop_lease_lock
  print_lease
  openable "$S/lock" || return 0
  exec 9>>"$S/lock"
  wait_for 9 1 || return 0
  journal_add $((EPOCH + 1)) "{\"type\":\"lease-broken\",\"epoch\":$LEASE_EPOCH}"
}

# --- the journal -------------------------------------------------------------------------------

check_of() {
  CHECK=$(printf '%s' "$1" | sha256sum)
  CHECK=${CHECK%"${CHECK#????????????????}"}
}

# journal_add EPOCH JSON, under the lock. A tail that a crash tore off must go first, or the new
# line would be lost in it.
journal_add() {
  local last sequence
  last=$(
    tail -n 1 "$S/journal" 2>/dev/null
    echo .
  )
  case $last in
    .) last=$(tail -n 1 "$S/journal.old" 2>/dev/null) ;;
    *"$NL.") ;;
    *)
      drop_last_line
      last=$(tail -n 1 "$S/journal")
      ;;
  esac
  sequence=${last%% *}
  is_number "$sequence" || sequence=0
  look_at_clock
  check_of "$2"
  printf '%s %s %s %s %s %s %s\n' \
    $((sequence + 1)) "$1" "$BOOT" "$NOW" "$(date +%s)" "$CHECK" "$2" >>"$S/journal"
}

# By bytes, as it may hold anything.
drop_last_line() {
  local bytes last
  bytes=$(wc -c <"$S/journal") last=$(tail -n 1 "$S/journal" | wc -c)
  head -c $((bytes - last)) "$S/journal" >"$S/journal.new.$$" &&
    mv -f "$S/journal.new.$$" "$S/journal"
}

# Once for each run: a torn tail goes, a long journal is put aside, and what is sound is noted, so
# that looking for damage need not check each line again.
tidy_journal() {
  local bytes sum
  [ -s "$S/journal" ] || return 0
  first_line_check "$(
    tail -n 1 "$S/journal"
    echo .
  )" || drop_last_line
  bytes=$(wc -c <"$S/journal")
  if [ "$bytes" -gt 1048576 ]; then
    mv -f "$S/journal" "$S/journal.old"
    rm -f "$S/journal.checked"
    return
  fi
  [ ! -s "$LOOK/damaged" ] || return 0
  sum=$(sha256sum <"$S/journal")
  put "$S/journal.checked" "$(($(wc -l <"$S/journal"))) $((bytes)) ${sum%% *}"
}

# Whether a whole line, with "." after its newline, has the check that it claims.
first_line_check() {
  local json="$1" word=''
  case $json in
    *"$NL.") json=${json%"$NL."} ;;
    *) return 1 ;;
  esac
  for _ in 1 2 3 4 5 6; do
    word=${json%% *}
    json=${json#* }
  done
  check_of "$json"
  [ "$CHECK" = "$word" ]
}

# damaged_lines FOLDER: numbers of lines whose check is wrong. The last line does not count: a
# crash may have torn it. Lines below the mark of journal.checked are checked all at once.
damaged_lines() {
  local from=1 sum
  [ -s "$S/journal" ] || return 0
  if first_line "$S/journal.checked"; then
    # shellcheck disable=SC2086 # words
    set -- "$1" $LINE
    sum=$(head -c "${3:-0}" "$S/journal" | sha256sum)
    [ "${sum%% *}" != "${4-}" ] || from=$(($2 + 1))
  fi
  # A NUL, as a power cut may leave, ends a line for some awks.
  tail -n "+$from" "$S/journal" | tr '\0' '?' | awk -v from="$from" -v folder="$1" '
    {
      json = $0
      for (i = 0; i < 6; i++) sub(/^[^ ]* /, "", json)
      file = folder "/" NR
      printf "%s", json > file
      close(file)
      print NR, ($6 == "" ? "-" : $6)
    }' >"$1/expected"
  [ -s "$1/expected" ] || return 0
  (cd "$1" && rm -f expected.sums && sha256sum [0-9]*) | awk -v from="$from" '
    NR == FNR { found[$2] = substr($1, 1, 16); next }
    { if (bad != "") print bad; bad = found[$1] == $2 ? "" : $1 + from - 1 }' - "$1/expected"
}

verb_note() {
  take_lock 20
  fence "$1"
  first_line "$PAYLOAD" || give_up 70 'note: no payload'
  journal_add "$1" "$LINE"
}

verb_journal() {
  is_number "$1" || give_up 70 'journal <lines>'
  cat "$S/journal.old" "$S/journal" 2>/dev/null | tail -n "$1"
}

# show_record FILE, below S.
show_record() {
  [ -f "$S/$1" ] || give_up 80
  cat "$S/$1"
}

# keep_record FOLDER RUN ENDING: the payload, whole or not at all.
keep_record() {
  mkdir -p "$S/$1"
  cp "$PAYLOAD" "$S/$1/$2.new.$$" && mv -f "$S/$1/$2.new.$$" "$S/$1/$2.$3" ||
    give_up 75 "cannot write $S/$1"
}

verb_receipt() {
  is_name "$1" || give_up 70 'receipt <run>'
  show_record "runs/$1.json"
}

verb_put_receipt() {
  is_name "$1" || give_up 70 'put-receipt <run>'
  keep_record runs "$1" json
  # Two hundred runs can be read back; more would only fill the disk.
  (cd "$S/runs" && ls -t) | tail -n +201 | while IFS= read -r old; do rm -f "$S/runs/$old"; done
}

verb_log() {
  is_name "$1" || give_up 70 'log <run>'
  show_record "logs/$1.log"
}

# The log of a run, for people; what is older than thirty days goes with every new one.
verb_put_log() {
  is_name "$1" || give_up 70 'put-log <run>'
  keep_record logs "$1" log
  find "$S/logs" -type f -mtime +30 -exec rm -f {} +
}
