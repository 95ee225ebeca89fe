# --- restoring: what is there goes only when what comes is known to be whole ----------------------

# restore-backup ID SAFETY CONTAINER GRACE go-on|stay-down|rest PROOF TEXT CHECK WAY keeps|loses WHAT
# CONTAINER…
# The containers at the end must not run meanwhile. What cannot be restored leaves what was there: where
# a way loses it, it comes back from the backup SAFETY.
restore_backup() {
  local id="$1" safety="$2" container="$3" grace="$4" after="$5" proof="$6" text="$7" check="$8" code=0
  shift 8
  local way="$1" keeps="$2" what
  is_name "$id" && is_name "$safety" && is_number "$grace" && what=$(unpacked_word "$3") || return 1
  shift 3
  check_backup "$id" "$proof" "$text" || return 1
  [ "$safety" = none ] || check_backup "$safety" "$proof" "$text" || return 1
  SPOOL=$S/backups/$id.spool HELPER='' HELD='' OTHERS='' POURED=''
  trap 'end_restore; exit 143' TERM
  [ "$after" != stay-down ] || put "$S/backups/$safety.undo" "$id" durable || return 1
  WAS_HALF=''
  stop_users "$@" && begin_half && pour "$id" || {
    code=1
    evidence 'it was not restored'
    undo_loss
  }
  # What was there is gone by then, whatever the way.
  [ "$code" != 0 ] || check_restored || {
    code=1 keeps=loses
    undo_loss
  }
  [ "$code" != 0 ] || whole_again
  end_restore
  return "$code"
}

# Uses the variables of restore_backup. Only what is gone has to come back.
undo_loss() {
  [ "$keeps" = loses ] && [ -n "$POURED" ] || {
    evidence 'what was there before is still there'
    as_it_was
    return
  }
  if [ "$safety" != none ] && pour "$safety"; then
    as_it_was
    evidence 'what was there before is back'
  else
    evidence 'what was there before is NOT back'
  fi
}

# --- what is known of one that was cut off --------------------------------------------------------

# A power cut, or whatever else ends it, leaves the mark. Of one that was cut off before, the first copy is
# the one to go back to.
begin_half() {
  local mark="$S/backups/$id.half"
  if [ -e "$mark" ]; then
    WAS_HALF=1
  else
    put "$mark" "safety $safety${NL}of $(name_of "$id")" durable && flush "$S/backups"
  fi
}

# What it is a backup of, by the name in belay.yaml.
name_of() { fact_of "$S/backups/$1.meta" about | sed -n 's/.*"name":"\([^"]*\)".*/\1/p'; }

as_it_was() { [ -n "$WAS_HALF" ] || rm -f "$S/backups/$id.half"; }

# Whichever backup it came from: all of it is of one moment again.
whole_again() {
  local mark name
  name=$(name_of "$id")
  for mark in "$S"/backups/*.half; do
    [ ! -f "$mark" ] || [ "$(fact_of "$mark" of)" != "$name" ] || rm -f "$mark"
  done
}

# Lines for a person, unless one is under way right now.
halves() {
  local mark id safety rest
  ! is_at_work || return 0
  for mark in "$S"/backups/*.half; do
    [ -f "$mark" ] || continue
    id=${mark##*/} id=${id%.half} safety=$(fact_of "$mark" safety)
    if [ "$DECISION" != none ] && { [ -e "$S/backups/$safety.undo" ] || [ -e "$S/backups/$id.undo" ]; }; then
      rest='the next deploy, rollback or restart puts back what was there before'
    else
      rest="\`belay backup restore $id --without-copy\` does it again"
      [ "$safety" = none ] ||
        rest="$rest, the same with $safety puts back what was there before"
    fi
    echo "restoring $id did not get to its end, so $(fact_of "$mark" of) may be half restored: $rest"
  done
}

is_at_work() {
  first_line "$S/doing" || return 1
  case $(tr '\0' ' ' 2>/dev/null <"/proc/${LINE##* }/cmdline") in
    *'kit.sh carry '*) ;;
    *) return 1 ;;
  esac
}

# Where going back may follow, nothing is started that would write again. Accessories go on in any case.
end_restore() {
  [ -z "$HELPER" ] || dk rm -f -v "$HELPER" >/dev/null 2>&1
  HELPER=''
  rm -rf "$SPOOL"
  [ "$after" = go-on ] || HELD=''
  # shellcheck disable=SC2086 # containers
  [ -z "$OTHERS$HELD" ] || dk start $OTHERS $HELD >/dev/null 2>>"$LOG" ||
    evidence 'not all that was stopped could be started again'
}

# Those that run of the given ones, and whatever else has the same files.
stop_users() {
  local each id users
  users=$(users_of_files) || return 1
  for each; do
    id=$(dk ps -q --no-trunc --filter status=running --filter "name=^/?$each\$") || return 1
    [ -z "$id" ] || HELD="$HELD $id"
  done
  for each in $users; do
    case "$HELD " in
      *" $each "*) ;;
      *) OTHERS="$OTHERS $each" ;;
    esac
  done
  [ -n "$HELD$OTHERS" ] || return 0
  progress 'stopping what would write'
  # shellcheck disable=SC2086 # containers
  stop "$grace" $HELD $OTHERS
}

users_of_files() {
  local id source
  case $way in
    volume) source=$(dk volume inspect --format '{{.Mountpoint}}' "$what" 2>>"$LOG") || return 1 ;;
    file)
      source=$(source_of "$what")
      [ -n "$source" ] || {
        evidence "no volume holds $what of $container"
        return 1
      }
      ;;
    *) return 0 ;;
  esac
  for id in $(dk ps -q --no-trunc --filter status=running); do
    ! mounts_of "$id" | grep -qF -e "$source	" || echo "$id"
  done
}

# pour ID: into its place.
pour() {
  local file
  file=$S/backups/$(fact_of "$S/backups/$1.meta" file)
  progress "restoring $1"
  case $way in
    script) must_run "$container" && POURED=1 && poured "$file" exec -i "$container" sh -c "$what" ;;
    file) POURED=1 && pour_files "$file" ;;
    volume) pour_volume "$file" ;;
    *) return 1 ;;
  esac
}

# poured FILE WORD…: docker reads it, unpacked. The codes of both sides count.
poured() {
  local file="$1"
  shift
  rm -f "$WORK/said"
  # shellcheck disable=SC2086 # one word or three
  {
    gzip -dc "$file" 2>>"$LOG"
    echo $? >"$WORK/said"
  } | $DOCKER "$@" >>"$LOG" 2>&1 || return 1
  first_line "$WORK/said" && [ "$LINE" = 0 ]
}

# The new file lies beside the old one before that goes, with the same owner and mode.
pour_files() {
  local tool
  tool=$(tool_image "$container") || return 1
  rm -rf "$SPOOL" && mkdir -p "$SPOOL/.belay-restore" || return 1
  { gzip -dc "$1" | tar -C "$SPOOL/.belay-restore" -xf -; } 2>>"$LOG" || return 1
  [ -f "$SPOOL/.belay-restore/${what##*/}" ] || {
    evidence "it has no ${what##*/}"
    return 1
  }
  HELPER=belay-restore-${id}
  dk rm -f -v "$HELPER" >/dev/null 2>&1
  quiet dk create --name "$HELPER" --network none --user 0:0 --volumes-from "$container" \
    --entrypoint sh "$tool" -c "$SWAP_FILES" swap "$what" &&
    quiet dk cp "$SPOOL/.belay-restore" "$HELPER:${what%/*}/" && quiet dk start -a "$HELPER"
}

# shellcheck disable=SC2016 # the container's shell expands it
SWAP_FILES='
set -e
cd "${1%/*}"
name=${1##*/}
like=$name
[ -e "$like" ] || like=.
owner=$(stat -c %u:%g "$like")
mode=640
[ "$like" = . ] || mode=$(stat -c %a "$like")
chown "$owner" .belay-restore/*
chmod "$mode" .belay-restore/*
rm -f "$name-wal" "$name-shm" "$name-journal"
mv -f .belay-restore/* .
rm -rf .belay-restore
sync'

pour_volume() {
  local tool
  tool=$(tool_image "$(dk ps -aq --filter "volume=$what" | head -n 1)") || return 1
  HELPER=belay-restore-${id}
  dk rm -f -v "$HELPER" >/dev/null 2>&1
  quiet dk create --name "$HELPER" --network none --user 0:0 -v "$what:/belay-volume" \
    --entrypoint sh "$tool" -c "$EMPTY_VOLUME" &&
    POURED=1 && quiet dk start -a "$HELPER" && poured "$1" cp - "$HELPER:/belay-volume"
}

# shellcheck disable=SC2016 # the container's shell expands it
EMPTY_VOLUME='
cd /belay-volume || exit 1
for each in * .[!.]* ..?*; do rm -rf "./$each" || exit 1; done'

# An image that has a shell and the plain commands: the container's own, or the proxy's.
tool_image() {
  local each image
  for each in "$1" "$CADDY"; do
    image=$(dk inspect --type container --format '{{.Image}}' "${each:-$CADDY}" 2>/dev/null) || continue
    dk run --rm --network none --user 0:0 --entrypoint sh "$image" \
      -c 'command -v stat && command -v rm && command -v mv' >/dev/null 2>&1 || continue
    echo "$image"
    return
  done
  evidence 'no image here has a shell to put the files in their place'
  return 1
}

check_restored() {
  [ "$check" != - ] || return 0
  dk exec "$container" sh -c "$(unpacked_word "$check")" >"$WORK/checked" 2>>"$LOG" &&
    [ -s "$WORK/checked" ] || {
    evidence 'the query that is to show that it works gives no answer'
    return 1
  }
  progress "checked: $(tr '\n' ' ' <"$WORK/checked" | sed 's/ *$//')"
}

# undo-restore SAFETY CONTAINER GRACE PROOF TEXT WAY keeps|loses WHAT OLD… without NEW…: of a run that goes
# back. Nothing, unless a restore was begun in it: then the new ones stop, what was there comes back, and
# the old ones start on it.
undo_restore() {
  local safety="$1" container="$2" grace="$3" proof="$4" text="$5" way="$6" old=''
  is_name "$safety" || return 1
  [ -e "$S/backups/$safety.undo" ] || return 0
  local keeps="$7" what="$8"
  shift 8
  while [ $# -gt 0 ] && [ "$1" != without ]; do
    old="$old $1"
    shift
  done
  [ $# = 0 ] || shift
  # shellcheck disable=SC2086 # containers
  restore_backup "$safety" none "$container" "$grace" rest "$proof" "$text" - "$way" "$keeps" "$what" \
    "$@" $old && start $old || return 1
  rm -f "$S/backups/$safety.undo"
}
