# --- one look at containers ----------------------------------------------------------------------

# sample, payload: what to ask, a line each. Commands start at once; health commands and logs need
# to know first what runs. Nothing waits for anything else.
verb_sample() {
  LOOK=$WORK/sample
  rm -rf "$LOOK"
  mkdir -p "$LOOK"
  local word name rest n=0 names=''
  while read -r word name rest; do
    is_name "$name" || give_up 70 "sample: $name"
    n=$((n + 1))
    # shellcheck disable=SC2086 # words
    case $word in
      container | logs) names="$names $name" ;;
      command) ask_command "$n" $rest & ;;
      *) give_up 70 "sample: $word" ;;
    esac
  done <"$PAYLOAD"
  # shellcheck disable=SC2086 # containers
  [ -z "$names" ] || look_at $names
  n=0
  while read -r word name rest; do
    n=$((n + 1))
    # shellcheck disable=SC2086 # words
    case $word in
      container) ask_container "$n" "$name" $rest & ;;
      logs) ask_logs "$n" "$name" "$rest" & ;;
    esac
  done <"$PAYLOAD"
  wait
  is_writable || give_up 75 "cannot write $S: the disk is full"
  n=0
  while read -r word name rest; do
    n=$((n + 1))
    cat "$LOOK/$n" 2>/dev/null
  done <"$PAYLOAD"
}

# look_at CONTAINER…: one file for each that is there.
look_at() {
  local name state
  dk_soon inspect --type container --format '{{slice .Name 1}} {{.State.Status}}'\
' {{.State.ExitCode}} {{if .State.OOMKilled}}1{{else}}0{{end}} {{.RestartCount}}'\
' {{with .State.Health}}{{.Status}}{{else}}none{{end}} {{.State.StartedAt}}' "$@" \
    2>"$LOOK/seen.err" >"$LOOK/seen" || knows_why "$LOOK/seen.err" || give_up "$PROBLEM" @problems "$WHY"
  while read -r name state; do
    is_name "$name" && echo "$state" >"$LOOK/seen-$name"
  done <"$LOOK/seen"
}

# That containers are missing is an answer; that Docker gives none is not.
knows_why() {
  [ -s "$1" ] && ! grep -qv -e 'No such' -e '^$' "$1" && return 0
  diagnose "$1"
  return 1
}

# Whether the daemon has started later than a container did, which therefore ended with it.
docker_restarted() {
  local pid="${BELAY_RUN:-/run}/docker.pid" started="${1%%.*}" mark="$LOOK/started-$2"
  [ -e "$pid" ] || return 1
  started=${started%Z}
  TZ=UTC0 touch -d "${started%T*} ${started#*T}" "$mark" 2>/dev/null || return 1
  # shellcheck disable=SC3013 # -nt, which dash, busybox and bash have
  [ "$pid" -nt "$mark" ]
}

# was_stopped NAME SINCE: whether somebody told Docker to stop, kill or remove it since it started,
# and did not only send it a word (HUP, USR1, USR2). Of what is long past Docker remembers nothing.
was_stopped() {
  local until
  until=$(date +%s.%N)
  # A date without nanoseconds, as busybox has: the second must be over then.
  case $until in *N*) until=-1s ;; esac
  dk_soon events --since "$2" --until="$until" --filter "container=$1" --filter event=kill \
    --format '{{.Actor.Attributes.signal}}' >"$LOOK/signals-$1" 2>/dev/null
  grep -qvx -e '' -e 1 -e 10 -e 12 "$LOOK/signals-$1"
}

# ask_container N NAME TIMEOUT [COMMAND]
ask_container() {
  local answer="$LOOK/$1" name="$2" seconds="$3" command="${4-}" word=''
  first_line "$LOOK/seen-$name" || LINE='missing 0 0 0 none -'
  # shellcheck disable=SC2086 # words
  set -- $LINE
  {
    case $1 in
      exited | dead)
        if docker_restarted "$6" "$name"; then
          word=' docker-restarted'
        elif was_stopped "$name" "$6"; then
          word=' stopped'
        fi
        ;;
    esac
    echo "container $name $1 $2 $3 $4 $5$word"
    case $1 in
      running)
        [ -z "$command" ] || [ "$5" = healthy ] || {
          inside "$LOOK/health-$name" "$name" "$seconds" "$command"
          echo "health $name $CODE"
          tail -n 20 "$LOOK/health-$name" | awk '{ print "= " $0 }'
        }
        ;;
      missing | created) ;;
      *)
        echo "last $name"
        # Docker dates the start of one that exits at once later than what it printed.
        logs_of "$answer.logs" "$name" 20 0
        ;;
    esac
  } >"$answer"
}

# ask_command N CONTAINER TIMEOUT COMMAND; its id is in the payload.
ask_command() {
  local answer="$LOOK/$1" id="$name"
  inside "$answer.out" "$2" "$3" "$4"
  {
    echo "command $id $CODE"
    head -n 200 "$answer.out" | awk '{ print "= " $0 }'
  } >"$answer"
}

# ask_logs N CONTAINER LINES: of this start; an earlier one's are another story. What is printed at
# once may be dated before the start, so the start's whole second counts.
ask_logs() {
  local since
  first_line "$LOOK/seen-$2" || LINE=''
  since=${LINE##* }
  case $since in *.*) since=${since%%.*}Z ;; esac
  {
    echo "logs $2"
    [ -z "$LINE" ] || logs_of "$LOOK/$1.logs" "$2" "$3" "$since"
  } >"$LOOK/$1"
}

# logs_of FILE CONTAINER LINES STARTED
logs_of() {
  (ulimit -f 4096 && dk_soon logs --tail "$3" --since "$4" "$2") >"$1" 2>&1
  awk '{ print "= " $0 }' "$1"
}

# inside FILE CONTAINER TIMEOUT COMMAND: runs it there and sets CODE. The command was quoted by the
# one place that quotes, so this makes words of it and nothing more. A file of 1 MiB ends one that
# does not stop printing.
inside() {
  local file="$1" container="$2" seconds="${3%%.*}"
  is_number "$seconds" && [ "$seconds" -gt 0 ] || seconds=1
  eval "set -- $(printf %s "$4" | base64 -d)"
  # shellcheck disable=SC2086 # one word or three
  (ulimit -f 2048 && within "$seconds" $DOCKER exec "$container" "$@") >"$file" 2>&1
  CODE=$?
  # Docker says 1 when it could not ask at all, as the command may for itself.
  [ "$CODE" = 1 ] && first_line "$file" || return 0
  case $LINE in
    'Error response from daemon: '* | 'Error: No such container'* | 'Cannot connect to the Docker'*)
      CODE=125 ;;
  esac
}

# images, payload: references. One question for all; only where one is missing, one for each.
verb_images() {
  local reference n=0
  LOOK=$WORK/images
  rm -rf "$LOOK"
  mkdir -p "$LOOK"
  set --
  while read -r reference; do
    is_safe "$reference" || give_up 70 "images: $reference"
    set -- "$@" "$reference"
  done <"$PAYLOAD"
  [ $# -gt 0 ] || return 0
  dk_soon image inspect --format '{{json .}}' "$@" >"$LOOK/all" 2>/dev/null && {
    cat "$LOOK/all"
    return
  }
  # Of one, that was the answer.
  [ $# -gt 1 ] || {
    echo null
    return
  }
  for reference; do
    n=$((n + 1))
    dk_soon image inspect --format '{{json .}}' "$reference" >"$LOOK/$n" 2>/dev/null ||
      echo null >"$LOOK/$n" &
  done
  wait
  n=0
  for reference; do
    n=$((n + 1))
    cat "$LOOK/$n"
  done
}
