# --- trials: a backup is restored where nobody sees it, and compared ------------------------------

# try-backup ID CONTAINER keep|forget WAY WHAT BEFORE
# In a container of the same image that has nothing of the app. `forget`: one that fails is none.
try_backup() {
  local id="$1" container="$2" fate="$3" way="$4" what before='' file image code=0 said=''
  is_name "$id" && what=$(unpacked_word "$5") || return 1
  [ "$6" = - ] || before=$(unpacked_word "$6") || return 1
  [ -f "$S/backups/$id.meta" ] || {
    evidence "there is no backup $id"
    return 1
  }
  file=$S/backups/$(fact_of "$S/backups/$id.meta" file)
  trap 'end_trial; exit 143' TERM
  remove_trial "$id" && put "$S/backups/$id.trial" "$id" || return 1
  progress 'restoring it into a throw-away container'
  if has_trial_room && tried; then
    verified "$S/backups/$id.meta" restore && fate=keep || code=1
    progress "restored into a throw-away container, and compared: $said"
  else
    code=1
    evidence "it does not restore: $(tail -n 1 "$LOG")"
  fi
  end_trial
  return "$code"
}

trial_name() { echo "belay-trial-$APP-$ENVIRONMENT-$1"; }

remove_trial() {
  local LOG=/dev/null
  unless "$GONE" dk rm -f -v "$(trial_name "$1")"
}

end_trial() {
  ! remove_trial "$id" || rm -f "$S/backups/$id.trial"
  [ "$fate" = keep ] || forget_backups "$id"
}

# Those that a crash left; asked of Docker only where there was one.
tidy_trials() {
  local mark id LOG=/dev/null
  for mark in "$S"/backups/*.trial; do
    [ -f "$mark" ] || continue
    id=${mark##*/}
    ! remove_trial "${id%.trial}" || rm -f "$mark"
  done
}

# Twice what is packed, and what an empty database takes. The disk is that of what serves, too.
has_trial_room() {
  local bytes free place
  bytes=$(gzip -dc "$file" 2>/dev/null | wc -c)
  place=$(dk info --format '{{.DockerRootDir}}' 2>/dev/null)
  free=$(df -Pk "$place" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ -n "$free" ] || free=$(free_kb)
  [ -z "$free" ] || [ "$((free / 1024))" -ge "$((bytes / 524288 + 400))" ] || {
    evidence "$((free / 1024)) MB are free for a trial, and $((bytes / 524288 + 400)) MB are needed"
    return 1
  }
}

# Uses the variables of try_backup.
tried() {
  if [ "$way" = volume ]; then
    image=$(image_for "$what")
  else
    image=$(dk inspect --type container --format '{{.Image}}' "$container" 2>>"$LOG")
  fi
  [ -n "$image" ] || return 1
  case $way in
    rows) try_rows ;;
    load) make_trial -c "$what" && poured_trial "$WORK/copy" && said=$(cat "$WORK/copy") && [ -n "$said" ] ;;
    file) try_file ;;
    volume) make_trial && fill_trial && same_lists cat ;;
    *)
      evidence "this kit does not know the trial $way"
      return 1
      ;;
  esac
}

# What is printed there is data: no log gets it.
make_trial() {
  dk create -i --name "$(trial_name "$id")" --label "belay.trial=$APP/$ENVIRONMENT" --network none \
    --log-driver none --user 0:0 -v /belay-trial --entrypoint sh "$image" "$@" >/dev/null 2>>"$LOG"
}

# poured_trial OUT [FILTER]: after what the app's container says, the backup; its script reads them.
poured_trial() {
  local to="$1" filter="${2-cat}"
  rm -f "$WORK/said" "$WORK/tried"
  # shellcheck disable=SC2086 # one word or three
  {
    [ "$way" != rows ] || cat "$WORK/before"
    gzip -dc "$file" 2>>"$LOG"
    echo $? >"$WORK/said"
  } | {
    $DOCKER start -a -i "$(trial_name "$id")" 2>>"$LOG"
    echo $? >"$WORK/tried"
  } | "$filter" >"$to"
  first_line "$WORK/tried" && [ "$LINE" = 0 ] && first_line "$WORK/said" && [ "$LINE" = 0 ]
}

# The dump is restored, dumped again, and the rows of each table are counted in both.
try_rows() {
  must_run "$container" && dk exec "$container" sh -c "$before" >"$WORK/before" 2>>"$LOG" || return 1
  gzip -dc "$file" | rows_of >"$WORK/rows" || return 1
  make_trial -c "$what" && poured_trial "$WORK/copy" rows_of && same_as_copy || return 1
  said=$(awk '{ rows += $(NF - 1) } END { print NR " tables, " rows + 0 " rows" }' "$WORK/rows")
}

same_as_copy() {
  ! cmp -s "$WORK/rows" "$WORK/copy" || return 0
  evidence "$(awk 'FNR == NR { copy[$0]; next } !($0 in copy) { print "only the backup has: " $0; exit }' \
    "$WORK/copy" "$WORK/rows")"
  grep -qxvF -f "$WORK/copy" "$WORK/rows" || evidence 'the copy has more than the backup'
  return 1
}

# Rows of each table, from what pg_dump or a dump program of MySQL prints. Of the latter a line has many:
# what is quoted goes, and a bracket opens a row.
rows_of() {
  LC_ALL=C awk '
    copying && $0 == "\\." { copying = 0; next }
    copying { rows[table]++; next }
    /^COPY .* FROM stdin;$/ {
      table = $0
      sub(/^COPY /, "", table)
      sub(/ \(.*/, "", table)
      rows[table] += 0
      copying = 1
      next
    }
    /^CREATE TABLE `/ { match($0, /`[^`]*`/); rows[substr($0, RSTART, RLENGTH)] += 0; next }
    /^INSERT INTO `/ {
      match($0, /`[^`]*`/)
      table = substr($0, RSTART, RLENGTH)
      sub(/^INSERT INTO `[^`]*` (\([^)]*\) )?VALUES/, "")
      inserting = 1
    }
    inserting {
      gsub(/\\./, "")
      gsub(/\047[^\047]*\047/, "")
      rows[table] += gsub(/\(/, "(")
      inserting = !/;$/
    }
    END { for (table in rows) print table ": " rows[table] " rows" }' | sort
}

# --- files ----------------------------------------------------------------------------------------

fill_trial() { poured "$file" cp - "$(trial_name "$id"):/belay-trial"; }

# same_lists FILTER: names, sizes and owners, without times.
same_lists() {
  gzip -dc "$file" | listed | "$1" >"$WORK/rows" || return 1
  dk cp "$(trial_name "$id"):/belay-trial/." - 2>>"$LOG" | listed | "$1" >"$WORK/copy" || return 1
  same_as_copy || return 1
  said="$(wc -l <"$WORK/rows" | tr -d ' ') files and folders"
}

listed() {
  tar -tvf - 2>>"$LOG" | sed 's/ [0-9]*-[0-9]*-[0-9]* [0-9:.]* / /; s, \./, ,' | grep -v ' $' | sort
}

# Who packed it gives it his own owner.
sizes_and_names() { sed 's/^[^ ]* *[^ ]* *//' | sort; }

# Byte for byte; and SQLite is asked, where the image has it.
try_file() {
  local name
  make_trial -c "$SQLITE_TRIAL" trial "${what##*/}" && fill_trial && same_lists sizes_and_names || return 1
  for name in "" -wal -journal; do
    name=./${what##*/}$name
    gzip -dc "$file" | tar -tf - | grep -qxF -e "$name" || continue
    [ "$(gzip -dc "$file" | tar -xOf - "$name" | cksum)" = \
      "$(dk cp "$(trial_name "$id"):/belay-trial/$name" - | tar -xOf - | cksum)" ] || {
      evidence "$name is not the same"
      return 1
    }
  done
  dk start -a "$(trial_name "$id")" >"$WORK/copy" 2>"$WORK/said"
  case $? in
    0) said=$(cat "$WORK/copy") ;;
    3 | 126 | 127) said='byte for byte; its image has no sqlite3 to look into it' ;;
    *)
      cat "$WORK/said" >>"$LOG"
      return 1
      ;;
  esac
}

# shellcheck disable=SC2016 # the container's shell expands it
SQLITE_TRIAL='
command -v sqlite3 >/dev/null || exit 3
ask() { sqlite3 "/belay-trial/$name" "$1"; }
name=$1
told=$(ask "pragma integrity_check") || exit 1
[ "$told" = ok ] || {
  echo "$told" | head -n 1 >&2
  exit 1
}
tables=$(ask "select count(*) from sqlite_master where type = \"table\"") || exit 1
echo "$tables tables, which SQLite finds whole"'
