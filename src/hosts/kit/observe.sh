# --- looking around ----------------------------------------------------------------------------

verb_observe() {
  gather
  print_observed
  exit "$PROBLEM"
}

# Everything that takes a process of its own is asked side by side: this lies on the path of every
# command.
gather() {
  local epoch lease
  LOOK=$WORK/look
  rm -rf "$LOOK"
  mkdir -p "$LOOK/journal"
  : >"$LOOK/begun"
  read_epoch
  read_lease
  epoch=$EPOCH lease=$LEASE_STATE
  date +%s >"$LOOK/clock" &
  id -un >"$LOOK/user" &
  damaged_lines "$LOOK/journal" >"$LOOK/damaged" 2>/dev/null &
  sites >"$LOOK/sites" 2>/dev/null &
  releases >"$LOOK/releases" 2>/dev/null &
  ask_docker
  disks
  wait
  check_root
  look_at_clock
  [ "$lease $PROBLEM" != 'none 0' ] || echo "$epoch $BOOT $NOW" >"$LOOK/when"
}

# Under the lock. A run that takes its lease at once has looked around just now, and asking Docker is
# most of what a look costs: what it said is taken once more if nobody held a lease or did anything
# here since. What the state's own files say is read anew in any case.
gather_again() {
  LOOK=$WORK/look
  if looked_just_now; then
    PROBLEM=0 WHY=''
    ask_compose
    check_root
  else
    gather
  fi
}

looked_just_now() {
  # shellcheck disable=SC3013 # -nt, which dash, busybox and bash have
  first_line "$LOOK/when" && [ ! "$S/journal" -nt "$LOOK/begun" ] || return 1
  # shellcheck disable=SC2086 # words
  set -- $LINE
  look_at_clock
  read_epoch
  [ "$1 $2" = "$EPOCH $BOOT" ] && [ $((NOW - $3)) -lt 3 ]
}

# One look by df: Docker's disk and the state's, which may be one. A folder that df cannot find
# leaves its line out, so the root stands in for Docker's.
disks() {
  [ -d "${DOCKER_FOLDER:=/}" ] || DOCKER_FOLDER=/
  df -Pk "$DOCKER_FOLDER" "$ROOT" 2>/dev/null | {
    read -r _ || :
    read -r _ _ _ disk _ || disk=0
    read -r _ _ _ state _ || state=$disk
    echo "disk $((disk * 1024))"
    echo "statedisk $((state * 1024))"
  } >"$LOOK/disks"
}

# Two users with two state folders would not see each other's lease: Docker, which they share, has
# the folder's name in a label of the volume `belay`.
check_root() {
  check_format
  [ "$PROBLEM" = 0 ] || return 0
  local name state
  RECORDED=
  while read -r name state; do
    [ "$name" != belay ] || RECORDED=$state
  done 2>/dev/null <"$LOOK/volumes"
  case $RECORDED in
    '' | "$ROOT") ;;
    *) PROBLEM=75 WHY="the state of this host's apps is in $RECORDED, not in $ROOT" ;;
  esac
}

# What a newer kit keeps may mean something else: nothing of it is believed, and nothing written.
check_format() {
  first_line "$S/format" && is_number "$LINE" && [ "$LINE" -gt "$FORMAT" ] || return 0
  PROBLEM=82 WHY="its format is $LINE, and this one knows $FORMAT"
}

record_root() {
  [ -z "$RECORDED" ] || return 0
  dk_soon volume create --label "belay.state=$ROOT" belay >/dev/null 2>"$LOOK/record" ||
    give_up 75 @problems "$(head -n 1 "$LOOK/record")"
}

print_observed() {
  print_facts
  read_epoch
  printf '@epoch\n%s\n' "$EPOCH"
  read_lease
  print_lease
  print_decision
  echo @current
  first_line "$S/current" && echo "$LINE"
  cat "$LOOK/releases"
  echo @tokens
  tokens
  echo @containers
  cat "$LOOK/containers" 2>/dev/null
  echo @made
  made
  echo @tasks
  tasks
  echo @networks
  cat "$LOOK/networks" 2>/dev/null
  echo @volumes
  [ ! -e "$LOOK/volumes" ] || sed 's/ .*//' "$LOOK/volumes"
  print_proxy
  backups
  echo @damaged
  cat "$LOOK/damaged"
  print_problems
}

print_facts() {
  local memory=0 name amount
  look_at_clock
  while read -r name amount _; do
    [ "$name" != MemAvailable: ] || {
      memory=$amount
      break
    }
  done 2>/dev/null <"$PROC/meminfo"
  name=${KIT%/kit.sh}
  echo @facts
  echo "kit ${name##*/}"
  echo "root $ROOT"
  first_line "$LOOK/user"
  echo "user $LINE"
  echo "uptime $NOW"
  echo "boot $BOOT"
  first_line "$LOOK/clock"
  echo "clock $LINE"
  echo "docker ${DOCKER_VERSION-}"
  echo "compose ${COMPOSE_VERSION-}"
  echo "arch ${ARCHITECTURE-}"
  echo "images ${IMAGE_STORE-}"
  echo "memory $((memory * 1024))"
  cat "$LOOK/disks"
}

print_decision() {
  echo @decision
  find_decision
  [ "$DECISION" != none ] || {
    echo none
    return
  }
  echo "$DECISION"
  echo "$DECIDED_HEAD"
  first_line "$S/watch" || :
  echo "$LINE"
}

# One awk for all kept releases. A folder without release.json is being put there, or going.
releases() {
  local folder id
  set --
  for folder in "$S"/releases/*/release.json; do
    [ -f "$folder" ] || continue
    folder=${folder%/release.json} id=${folder##*/}
    case $id in
      *.tmp-* | *.old-*) continue ;;
    esac
    set -- "$@" "id=$id" "mark=unproved"
    first_line "$folder/mark" && set -- "$@" "mark=$LINE"
    set -- "$@" "$folder/release.json"
  done
  [ $# = 0 ] || awk '
    function tell() {
      if (name == "") return
      word = state
      sub(/ .*/, "", word)
      print "@release " name " " word
      print json
      if (word == "bad" && sub(/^bad /, "", state)) print state
    }
    FNR == 1 { tell(); name = id; state = mark; json = "" }
    { json = json $0 }
    END { tell() }' "$@"
}

# The token is the name of the one file in a route's folder: what the proxy reads.
tokens() {
  local file key
  for file in "$ROOT"/proxy/route/*/*; do
    [ -e "$file" ] || continue
    key=${file%/*}
    echo "${key##*/} ${file##*/}"
  done
}

# What accessories were made from: the hash is the first line of a file named for the container.
made() {
  local file
  for file in "$S"/base/*; do
    first_line "$file" && echo "${file##*/} $LINE"
  done
}

sites() {
  local file key sum
  for file in "$ROOT"/proxy/sites/*.caddy; do
    [ -f "$file" ] || continue
    key=${file##*/} key=${key%.caddy}
    first_line "$file" || continue
    case $LINE in
      '# claims '*) claims "$key" "${LINE#'# claims '}" ;;
    esac
  done
  cd "$ROOT/proxy/sites" && sha256sum ./*.caddy | while read -r sum file; do
    file=${file#./}
    echo "site ${file%.caddy} $sum"
  done
}

# A claim may hold `*`, which must not become file names.
claims() {
  local claim
  set -f
  # shellcheck disable=SC2086 # words
  for claim in $2; do echo "claim $1 $claim"; done
  set +f
}

print_proxy() {
  local line running=0
  line=$(grep "\"name\":\"$CADDY\"" "$LOOK/containers" 2>/dev/null) || :
  case $line in
    *'"state":"running"'*) running=1 ;;
  esac
  printf '@proxy\nrunning %s\n' "$running"
  case $line in
    *'"reference":"'*)
      line=${line##*'"reference":"'}
      echo "image ${line%%'"'*}"
      ;;
  esac
  cat "$LOOK/sites"
  echo @ports
  [ "$running" = 1 ] || listeners
}

# Which of the web's ports have a listener, straight from the kernel: state 0A, port in hex.
listeners() {
  cat "$PROC/net/tcp" "$PROC/net/tcp6" 2>/dev/null | awk '
    $4 == "0A" && $2 ~ /:0050$/ { http = 1 }
    $4 == "0A" && $2 ~ /:01BB$/ { https = 1 }
    END { if (http) print 80; if (https) print 443 }'
}

print_problems() {
  echo @problems
  [ "$PROBLEM" = 0 ] || echo "$WHY"
  [ "$LEASE_STATE" != rubbish ] ||
    echo 'the file of the lease cannot be read: it counts as lapsed'
  halves
}
