# --- backups: made on the host, whole or not at all ----------------------------------------------

# back-up ID ENDING CONTAINER NEEDED ABOUT SIZE PROOF TEXT WAY WHAT [pause]
back_up() {
  local id="$1" file="$1.$2" container="$3" needed="$4" about="$5" size="$6" proof="$7" text="$8"
  shift 8
  local way="$1"
  shift
  local what pause="${2-}" folder="$S/backups" part
  is_name "$id" && is_name "$file" && is_number "$needed" || return 1
  [ ! -f "$folder/$id.meta" ] || return 0
  about=$(unpacked_word "$about") && what=$(unpacked_word "$1") || return 1
  part=$folder/$file.part
  (umask 077 && mkdir -p "$folder") && chmod 700 "$folder" || return 1
  has_room "$needed" "$size" || return 1
  SPOOL=$folder/$id.spool PAUSED='' GUARD_PID='' HELPER=''
  trap 'end_backup "$part"; exit 143' TERM
  if taken && read_back "$part" "$proof" "$text" && keep_backup; then
    end_backup
    progress "$(size_of "$folder/$file"), read back"
    return 0
  fi
  is_full && evidence "the disk of $folder is full"
  end_backup "$part"
  return 1
}

# The free text that a word of a request carries.
unpacked_word() { printf %s "$1" | base64 -d 2>/dev/null; }

# Uses the variables of back_up.
taken() {
  case $way in
    script)
      must_run "$container" && packed "$part" dk exec "$container" sh -c "$what"
      ;;
    file) must_exist "$container" && copy_database && packed "$part" tar -C "$SPOOL" -cf - . ;;
    volume) pack_volume ;;
    *)
      evidence "this kit does not know the way $way"
      return 1
      ;;
  esac
}

must_exist() {
  dk inspect --type container --format '{{.State.Status}}' "$1" >"$WORK/state" 2>>"$LOG"
}

must_run() {
  must_exist "$1" && first_line "$WORK/state" || return 1
  [ "$LINE" = running ] || {
    evidence "$1 does not run: it is $LINE"
    return 1
  }
}

# packed FILE COMMAND…: what it prints, packed. The codes of both sides of the pipe count. Level 2 is a
# tenth larger than gzip's own 6, and so much faster that reading all of it back costs nothing more.
packed() {
  local file="$1"
  shift
  rm -f "$WORK/said"
  {
    "$@" 2>>"$LOG"
    echo $? >"$WORK/said"
  } | gzip -c -2 >"$file" 2>>"$LOG" || return 1
  first_line "$WORK/said" && [ "$LINE" = 0 ] || {
    [ -s "$LOG" ] || evidence "it ended with $LINE, and said nothing"
    return 1
  }
  flush "$file"
}

# read_back FILE PROOF TEXT: to its end, by the sum of its packing, and by what it must hold.
read_back() {
  local text
  rm -f "$WORK/said" "$WORK/seen" "$WORK/torn"
  text=$(unpacked_word "$3")
  {
    gzip -dc "$1" 2>>"$LOG"
    echo $? >"$WORK/said"
  } | {
    case $2 in
      tar) { tar -tf - 2>>"$LOG" || : >"$WORK/torn"; } | wc -l >"$WORK/seen" ;;
      begins) head -c 64 >"$WORK/seen" ;;
      *) tail -c 400 >"$WORK/seen" ;;
    esac
    # Who reads may be content before the end has come.
    cat >/dev/null
  }
  first_line "$WORK/said" && [ "$LINE" = 0 ] || {
    evidence 'it cannot be unpacked: the file is damaged'
    return 1
  }
  case $2 in
    tar) [ ! -e "$WORK/torn" ] ;;
    begins) head -c "${#text}" "$WORK/seen" | grep -qF -e "$text" ;;
    *) grep -qF -e "$text" "$WORK/seen" ;;
  esac || {
    evidence 'it is not whole: its end is missing'
    return 1
  }
}

# The file first, then what is known of it: without that it is none.
keep_backup() {
  local sum
  sum=$(sha256sum "$part" | cut -d ' ' -f 1) && [ -n "$sum" ] || return 1
  {
    printf 'about %s\nfile %s\n' "$about" "$file"
    echo "bytes $(($(wc -c <"$part")))"
    echo "sha256 $sum"
    echo "taken $(date +%s)"
    echo "verified $(date +%s) read"
  } >"$folder/$id.meta.part" || return 1
  flush "$folder/$id.meta.part"
  mv -f "$part" "$folder/$file" && mv -f "$folder/$id.meta.part" "$folder/$id.meta" || return 1
  flush "$folder"
}

# Nothing stays halted, and nothing half made is left.
end_backup() {
  go_on
  [ -z "$HELPER" ] || dk rm -f -v "$HELPER" >/dev/null 2>&1
  rm -rf "$SPOOL"
  [ $# = 0 ] || rm -f "$1" "$folder/$id.meta.part"
}

free_kb() { df -Pk "$S/backups" 2>/dev/null | awk 'NR == 2 { print $4 }'; }

# has_room MB SIZE: where no earlier one tells, packed it is taken to be half of what there is.
has_room() {
  local free needed="$1" bytes
  if [ "$2" != - ]; then
    # shellcheck disable=SC2086 # one word or three
    bytes=$(within 60 $DOCKER exec "$container" sh -c "$(unpacked_word "$2")" 2>/dev/null) || bytes=0
    case $bytes in
      '' | *[!0-9]*) ;;
      *) needed=$((needed + bytes / 2097152)) ;;
    esac
  fi
  free=$(free_kb)
  [ -z "$free" ] || [ "$free" -ge $((needed * 1024)) ] || {
    evidence "$((free / 1024)) MB are free for it, and about $needed MB are needed"
    return 1
  }
}

is_full() {
  local free
  free=$(free_kb)
  [ -n "$free" ] && [ "$free" -lt 256 ]
}

size_of() {
  local bytes
  bytes=$(($(wc -c <"$1")))
  if [ "$bytes" -lt 1048576 ]; then
    echo "$(((bytes + 1023) / 1024)) kB"
  else
    echo "$((bytes / 1048576)) MB"
  fi
}

# --- what is copied: a database file, and a volume ------------------------------------------------

# SQLite can copy its own file while it is written to. Without its program, what may write is halted
# for as long as file and journals are copied: they are then as after a power cut, from which SQLite
# recovers by itself.
copy_database() {
  local name="${what##*/}" beside
  mkdir "$SPOOL" || return 1
  first_line "$WORK/state"
  if [ "$LINE" = running ]; then
    # shellcheck disable=SC2016 # the container's shell expands it
    dk exec "$container" sh -c "$COPY_ITSELF" copy "$what" >"$SPOOL/$name" 2>"$WORK/copy" &&
      return 0
    rm -f "$SPOOL/$name"
    halt_writers "$what" || return 1
  fi
  dk cp -L "$container:$what" "$SPOOL/$name" >/dev/null 2>>"$LOG" || return 1
  for beside in -wal -journal; do
    unless "$NO_FILE" dk cp -L "$container:$what$beside" "$SPOOL/$name$beside" || return 1
  done
  still_halted || return 1
  go_on
  head -c 15 "$SPOOL/$name" | grep -q 'SQLite format 3' || [ ! -s "$SPOOL/$name" ] || {
    evidence "$what is no SQLite database"
    return 1
  }
}

NO_FILE='Could not find the file\|no such file'

# shellcheck disable=SC2016 # the container's shell expands it
COPY_ITSELF='
command -v sqlite3 >/dev/null && [ -f "$1" ] && t=$(mktemp -d) || exit 3
trap "rm -rf \"$t\"" EXIT
sqlite3 "$1" ".timeout 20000" ".backup $t/copy" && cat "$t/copy"'

# Every container that runs and has the folder of this file, by whatever name.
halt_writers() {
  local source
  source=$(source_of "$1")
  [ -n "$source" ] || {
    evidence "no volume holds $1 of $container: it goes with its container"
    return 1
  }
  halt "$source"
}

# Where the folder of a file in the container lies on the host.
source_of() {
  mounts_of "$container" | awk -v path="$1" '
    { at = $0; sub(/^[^\t]*\t/, "", at); from = $0; sub(/\t.*/, "", from) }
    index(path, at "/") == 1 && length(at) > length(best) { best = at; source = from }
    END { print source }'
}

# Lines: where it lies on the host, a tab, where the container has it.
mounts_of() {
  dk inspect --type container \
    --format '{{range .Mounts}}{{.Source}}{{"\t"}}{{.Destination}}{{println}}{{end}}' "$1" 2>>"$LOG"
}

# halt SOURCE: whatever dies here, the guard lets them go on.
halt() {
  local id
  for id in $(dk ps -q --filter status=running); do
    ! mounts_of "$id" | grep -qF -e "$1	" || PAUSED="$PAUSED $id"
  done
  [ -n "$PAUSED" ] || return 0
  # shellcheck disable=SC2086 # ids, and one word or three
  {
    setsid sh -c "$GUARD_HALTED" guard "$$" "$DOCKER" $PAUSED \
      </dev/null >/dev/null 2>&1 3>&- 4<&- 5<&- 6<&- 9>&- &
    GUARD_PID=$!
    progress "halting what writes, for a moment:$PAUSED"
    quiet dk pause $PAUSED
  }
}

# shellcheck disable=SC2016 # its own shell expands it
GUARD_HALTED='
left=600
while [ -d "/proc/$1" ] && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done
docker=$2
shift 2
exec $docker unpause "$@"'

# A copy is of one moment only if they were halted to its end.
still_halted() {
  # shellcheck disable=SC2086 # ids
  [ -z "$PAUSED" ] || case $(dk inspect --type container --format '{{.State.Paused}}' $PAUSED) in
    *false*)
      evidence 'what writes went on before the copy was done'
      return 1
      ;;
  esac
}

go_on() {
  [ -n "$PAUSED" ] || return 0
  # shellcheck disable=SC2086 # ids
  dk unpause $PAUSED >/dev/null 2>&1
  PAUSED=''
  kill -KILL "-$GUARD_PID" 2>/dev/null || kill -KILL "$GUARD_PID" 2>/dev/null || :
}

# A container that is only made, and never started, has the volume all the same: any image will do.
pack_volume() {
  local image source
  source=$(dk volume inspect --format '{{.Mountpoint}}' "$what" 2>>"$LOG") || return 1
  image=$(image_for "$what") && [ -n "$image" ] || {
    evidence 'no container has an image that could be used'
    return 1
  }
  HELPER=belay-copy-$id
  dk rm -f -v "$HELPER" >/dev/null 2>&1
  quiet dk create --name "$HELPER" --network none -v "$what:/belay-volume:ro" "$image" none || return 1
  [ "$pause" != pause ] || halt "$source" || return 1
  packed "$part" dk cp "$HELPER:/belay-volume/." - && still_halted
}

image_for() {
  local id
  id=$(dk ps -aq --filter "volume=$1" | head -n 1)
  dk inspect --type container --format '{{.Image}}' "${id:-$CADDY}" 2>>"$LOG"
}

# --- what is there --------------------------------------------------------------------------------

# check-backup ID PROOF TEXT
check_backup() {
  local meta="$S/backups/$1.meta" file sum
  is_name "$1" && [ -f "$meta" ] || {
    evidence "there is no backup $1"
    return 1
  }
  file=$(fact_of "$meta" file) sum=$(fact_of "$meta" sha256)
  is_name "$file" && [ -f "$S/backups/$file" ] || {
    evidence "its file is gone: $S/backups/$file"
    return 1
  }
  [ "$(sha256sum "$S/backups/$file" | cut -d ' ' -f 1)" = "$sum" ] || {
    evidence "its file is not what was written: $S/backups/$file has another checksum"
    return 1
  }
  read_back "$S/backups/$file" "$2" "$3" || return 1
  verified "$meta" read
}

fact_of() { sed -n "s/^$2 //p" "$1"; }

# A restored one stays that.
verified() {
  local how="$2"
  ! grep -q '^verified .* restore$' "$1" || how=restore
  { grep -v '^verified ' "$1" && echo "verified $(date +%s) $how"; } >"$1.part" || return 1
  flush "$1.part"
  mv -f "$1.part" "$1"
}

# First what makes it one.
forget_backups() {
  local id file
  for id; do
    is_name "$id" || return 1
    [ -f "$S/backups/$id.meta" ] || continue
    file=$(fact_of "$S/backups/$id.meta" file)
    is_name "$file" || return 1
    rm -f "$S/backups/$id.meta" && rm -f "$S/backups/$file" "$S/backups/$id.undo" || return 1
  done
}

# One awk for all; their sizes from one wc.
backups() {
  local meta
  set --
  for meta in "$S"/backups/*.meta; do
    [ ! -f "$meta" ] || set -- "$@" "$meta"
  done
  [ $# = 0 ] || wc -c "$S"/backups/*.gz 2>/dev/null | awk '
    function tell() {
      if (lines == "") return
      print "@backup " id " " (file in size ? size[file] : "-")
      printf "%s", lines
      lines = ""
    }
    sizes { path = $0; sub(/^ *[0-9]+ /, "", path); sub(/.*\//, "", path); size[path] = $1; next }
    FNR == 1 { tell(); id = FILENAME; sub(/.*\//, "", id); sub(/\.meta$/, "", id); file = "" }
    $1 == "file" { file = $2 }
    { lines = lines $0 "\n" }
    END { tell() }' sizes=1 - sizes=0 "$@"
}

# What a crash left half made; nobody makes one now.
tidy_backups() {
  local file name
  rm -rf "$S"/backups/*.part "$S"/backups/*.spool
  for file in "$S"/backups/*.gz; do
    name=${file##*/}
    [ ! -f "$file" ] || [ -e "$S/backups/${name%%.*}.meta" ] || rm -f "$file"
  done
}
