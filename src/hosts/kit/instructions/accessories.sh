# --- accessories: what no release touches ---------------------------------------------------------

# base PROJECT FILE SERVICE…: what exists is never made anew, only started where it stands still.
bring_base() {
  local project="$1" file="$2" name calm=0
  is_inside "$file" || return 1
  shift 2
  containers_of "$project" >"$WORK/base" || return 1
  sort_containers "$@" <"$WORK/base"
  for name in $IDLE; do
    name=${name%/*}
    progress "$name does not run: starting it"
    quiet dk start "$name" || return 1
  done
  # shellcheck disable=SC2086 # services
  [ -z "$ABSENT" ] ||
    compose "$file" '' -p "$project" up -d --no-recreate --no-deps --no-build $ABSENT || return 1
  [ -z "$IDLE$ABSENT" ] || calm=2
  await_base "$calm" "$project" "$@"
}

# await_base CALM PROJECT SERVICE…: every half second, running a health command ourselves: Docker's
# own first look may be 30 s away. The action's time limit ends this. What has just been started
# must be there for some more looks: a program that cannot run was up for a moment too.
await_base() {
  local calm="$1" project="$2" left="$1" told='' waiting service name state status good=' '
  shift 2
  while :; do
    waiting=''
    containers_of "$project" >"$WORK/base" || return 1
    while read -r service name state status <&6; do
      case " $* " in
        *" $service "*) ;;
        *) continue ;;
      esac
      case $state in
        running) is_ready "$name" "$status" || waiting="$waiting $service" ;;
        exited | dead)
          case $status in
            'Exited (0)'*) ;;
            *)
              said "$service stopped" "$status" "$name"
              return 1
              ;;
          esac
          ;;
        restarting)
          gives_up "$name" && {
            said "$service keeps restarting" "$status" "$name"
            return 1
          }
          waiting="$waiting $service"
          ;;
        *) waiting="$waiting $service" ;;
      esac
    done 6<"$WORK/base"
    if [ -n "$waiting" ]; then
      left=$calm
      [ "$waiting" = "$told" ] || progress "waiting for$waiting"
      told=$waiting
    else
      [ "$left" -gt 0 ] || return 0
      left=$((left - 1))
    fi
    sleep 0.5
  done
}

# One that waits for another by dying may do so for a minute or two, as Docker waits ever longer.
gives_up() {
  local count
  count=$(dk inspect --type container --format '{{.RestartCount}}' "$1" 2>/dev/null) || return 1
  [ "${count:-0}" -ge 10 ]
}

# made-from PROJECT FILE SERVICE=HASH…: what is known already stays. A container is known by its id:
# one that somebody makes anew by hand is a stranger. What is known of those that are gone goes too.
remember_base() {
  local project="$1" file="$2" word id service
  is_inside "$file" && [ -f "$S/$file" ] || return 1
  shift 2
  mkdir -p "$S/base" || return 1
  dk ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \
    --format '{{.ID}} {{.Label "com.docker.compose.service"}}' >"$WORK/made" || return 1
  for word; do
    while read -r id service <&6; do
      [ "$service" = "${word%%=*}" ] && is_name "$id" && [ ! -e "$S/base/$id" ] || continue
      put "$S/base/$id" "${word#*=}$NL$(cat "$S/$file")" durable || return 1
    done 6<"$WORK/made"
  done
  forget_gone
}

forget_gone() {
  local file
  for file in "$S"/base/*; do
    grep -q "^${file##*/} " "$WORK/made" || rm -f "$file"
  done
}

# renew PROJECT FILE SERVICE to NAME… from ID=NAME…: compose leaves what is there alone, and makes
# as many more as are missing. They get the old ones' names; nothing is started yet, and of two that
# may write the same data only the proved one comes back after a reboot.
renew() {
  local project="$1" file="$2" service="$3" word side='' names='' ids=' ' total=0
  is_inside "$file" || return 1
  shift 3
  for word; do
    case $word in
      to | from)
        side=$word
        continue
        ;;
    esac
    total=$((total + 1))
    if [ "$side" = to ]; then
      names="$names $word"
    else
      ids="$ids${word%%=*} "
      call "${word%%=*}" "${word#*=}.before" || return 1
    fi
  done
  compose "$file" '' -p "$project" up --no-start --no-recreate --no-deps --no-build --pull never \
    --scale "$service=$total" "$service" || return 1
  containers_but "$project" "$service" "$ids" || return 1
  # shellcheck disable=SC2086 # words
  name_all $names
}

# name_all NAME…: one for each of $OTHERS, unless it has one of them.
name_all() {
  local id name has free='' given=' '
  for id in $OTHERS; do
    quiet dk update --restart=no "$id" || return 1
    has=$(dk inspect --type container --format '{{slice .Name 1}}' "$id") || return 1
    case " $* " in
      *" $has "*) given="$given$has " ;;
      *) free="$free$id " ;;
    esac
  done
  for name; do
    case $given in
      *" $name "*) continue ;;
    esac
    [ -n "$free" ] || {
      evidence "compose made no container for $name"
      return 1
    }
    quiet dk rename "${free%% *}" "$name" || return 1
    free=${free#* }
  done
}

# put-files FILE CONTAINER…: a newer compose copies files in when it starts a container, an older one
# when it makes it. Ours is started by Docker alone.
put_files() {
  local file="$S/$1"
  is_inside "$1" && [ -f "$file" ] || return 1
  shift
  while [ $# -gt 0 ]; do
    # shellcheck disable=SC2086 # one word or three
    $DOCKER cp - "$1:/" <"$file" >>"$LOG" 2>&1 || return 1
    shift
  done
}

# restore PROJECT SERVICE GRACE ID=NAME…: what else there is of the service goes. Not before the old
# ones were seen, as it may be all there is.
restore() {
  local project="$1" service="$2" grace="$3" word ids=' '
  shift 3
  for word; do
    quiet dk inspect --type container --format '{{.ID}}' "${word%%=*}" || {
      evidence "${word#*=} is gone, so what replaced it stays"
      return 1
    }
    ids="$ids${word%%=*} "
  done
  containers_but "$project" "$service" "$ids" || return 1
  # shellcheck disable=SC2086 # ids
  stop "$grace" $OTHERS && { [ -z "$OTHERS" ] || unless "$GONE" dk rm -f $OTHERS; } || return 1
  for word; do
    call "${word%%=*}" "${word#*=}" || return 1
  done
}

# call ID NAME: renames, unless it is called so.
call() {
  local has
  has=$(dk inspect --type container --format '{{slice .Name 1}}' "$1" 2>>"$LOG") || return 1
  [ "$has" = "$2" ] || quiet dk rename "$1" "$2"
}

# containers_but PROJECT SERVICE " ID… ": the others of a service, as OTHERS.
containers_but() {
  local id
  dk ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter "label=com.docker.compose.service=$2" >"$WORK/others" 2>>"$LOG" || return 1
  OTHERS=''
  while read -r id; do
    case $3 in
      *" $id "*) ;;
      *) OTHERS="$OTHERS $id" ;;
    esac
  done <"$WORK/others"
}

# steady SECONDS CONTAINER…: ready within that time. A program that ends after a second was up for a
# moment too, so they must have been there for three.
steady() {
  local left=$(($1 * 2)) looks=0 good=' ' name state status waiting told=''
  shift
  while :; do
    waiting=''
    for name; do
      dk ps -a --filter "name=^/?$name\$" --format '{{.State}} {{.Status}}' >"$WORK/steady" || return 1
      read -r state status <"$WORK/steady" || state=gone status=gone
      case $state in
        running) is_ready "$name" "$status" || waiting="$waiting $name" ;;
        created) waiting="$waiting $name" ;;
        *)
          said "$name" "$status" "$name"
          return 1
          ;;
      esac
    done
    looks=$((looks + 1))
    if [ -n "$waiting" ]; then
      [ "$waiting" = "$told" ] || progress "waiting for$waiting"
      told=$waiting
      left=$((left - 1))
      [ "$left" -gt 0 ] || break
    else
      [ "$looks" -le 6 ] || return 0
    fi
    sleep 0.5
  done
  for name in $waiting; do said "$name" 'is not ready' "$name"; done
  return 1
}

# said WHO WHAT CONTAINER
said() {
  evidence "$1: $2; its last lines:"
  dk logs --tail 20 "$3" >>"$LOG" 2>&1
}
