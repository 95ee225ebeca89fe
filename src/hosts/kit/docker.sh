# --- Docker ------------------------------------------------------------------------------------

DOCKER=docker
[ -z "${BELAY_SUDO-}" ] || DOCKER='sudo -n docker'

# $DOCKER is one word or three.
# shellcheck disable=SC2086
dk() { $DOCKER "$@" </dev/null; }

# within SECONDS COMMAND…: 124 when it took too long. busybox's timeout says 143 then, and leaves a
# watcher behind for up to a second, which must keep neither the session's output nor a lock; nor a
# pipe, so what reads this goes by a file.
within() {
  timeout "$@" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  set -- $?
  [ "$1" != 143 ] || return 124
  return "$1"
}

# For looks that must not hang with the daemon.
# shellcheck disable=SC2086
dk_soon() { within "$SILENCE" $DOCKER "$@"; }

# What is wrong with Docker, from what its client said, as PROBLEM (a code) and WHY.
diagnose() {
  PROBLEM=74
  WHY=$(head -n 3 "$1" | tr '\n' ' ')
  case $WHY in
    *'permission denied'* | *'a password is required'* | *'not allowed to execute'*) PROBLEM=73 ;;
    '') WHY="the Docker daemon did not answer within $SILENCE s" ;;
  esac
}

# Asks Docker everything at once, into the files of $LOOK; sets PROBLEM and WHY. Where the socket
# is denied and sudo needs no password, all is asked again that way, and sudo is remembered.
ask_docker() {
  PROBLEM=0 WHY=''
  command -v docker >/dev/null 2>&1 || {
    PROBLEM=71 WHY='there is no docker command'
    return
  }
  ask_docker_once && return
  diagnose "$LOOK/version.err"
  [ "$PROBLEM" = 73 ] && [ "$DOCKER" = docker ] && command -v sudo >/dev/null 2>&1 || return
  DOCKER='sudo -n docker'
  if ask_docker_once; then
    PROBLEM=0 WHY=''
    BELAY_SUDO=1
    export BELAY_SUDO
    : >"$WORK/sudo"
  else
    DOCKER=docker
  fi
}

ask_docker_once() {
  local version
  dk_soon version --format '{{.Server.Version}} {{.Server.Arch}} {{.Client.Version}}' \
    >"$LOOK/version" 2>"$LOOK/version.err" &
  version=$!
  dk_soon network ls --format '{{.Name}}' >"$LOOK/networks" 2>/dev/null &
  dk_soon volume ls --format '{{.Name}} {{.Label "belay.state"}}' >"$LOOK/volumes" 2>/dev/null &
  ask_containers >"$LOOK/containers" 2>/dev/null &
  wait "$version" || {
    wait
    return 1
  }
  ask_compose
  wait
}

# One JSON line for each container. All names are those of the client's own types: with one that
# only the raw answer knows (`.Id`), an absent Health would be an error.
ask_containers() {
  local ids from='{{json (index .Config.Labels "' to='")}}' format
  dk_soon ps -aq --no-trunc >"$LOOK/ids" && [ -s "$LOOK/ids" ] || return 0
  ids=$(cat "$LOOK/ids")
  format='{"id":{{json .ID}},"name":{{json (slice .Name 1)}}'
  format="$format,\"project\":${from}com.docker.compose.project$to"
  format="$format,\"service\":${from}com.docker.compose.service$to"
  format="$format,\"workdir\":${from}com.docker.compose.project.working_dir$to"
  format="$format,\"release\":${from}belay.release$to,\"app\":${from}belay.app$to"
  format="$format,\"environment\":${from}belay.environment$to"
  format="$format"',"state":{{json .State.Status}},"exit":{{.State.ExitCode}}'
  format="$format"',"health":{{with .State.Health}}{{json .Status}}{{else}}"none"{{end}}'
  format="$format"',"restarts":{{.RestartCount}},"policy":{{json .HostConfig.RestartPolicy.Name}}'
  format="$format"',"image":{{json .Image}},"reference":{{json .Config.Image}}'
  format="$format"',"started":{{json .State.StartedAt}},"ports":{{json .NetworkSettings.Ports}}}'
  # shellcheck disable=SC2086 # ids
  dk_soon inspect --type container --format "$format" $ids
}

# Compose's version, Docker's folder and how it keeps images change with an upgrade or a restart, so
# one look for each version, boot and start of the daemon is enough: it costs as much as all other
# looks together.
ask_compose() {
  local known="${KIT%/*}/compose" key
  look_at_clock
  read -r DOCKER_VERSION ARCHITECTURE key <"$LOOK/version" || :
  first_line "${BELAY_RUN:-/run}/docker.pid" || LINE=-
  key="$key/$BOOT/$LINE"
  COMPOSE_VERSION='' PLUGIN=- IMAGE_STORE='' DOCKER_FOLDER=/
  if first_line "$known" && [ "${LINE%% *}" = "$key" ]; then
    LINE=${LINE#* }
    COMPOSE_VERSION=${LINE%% *} LINE=${LINE#* }
    look_into_info
    # It may have been taken away since.
    [ "$PLUGIN" != - ] && [ ! -e "$PLUGIN" ] || return
  fi
  dk_soon info --format "$INFO" >"$LOOK/info" 2>/dev/null &
  if dk_soon compose version --short >"$LOOK/compose" 2>"$LOOK/compose.err"; then
    first_line "$LOOK/compose" && COMPOSE_VERSION=$LINE
    wait $!
    first_line "$LOOK/info" || return 0
    look_into_info
    put "$known" "$key $COMPOSE_VERSION ${PLUGIN:--} $IMAGE_STORE $DOCKER_FOLDER" 2>/dev/null || :
  else
    PROBLEM=72 COMPOSE_VERSION=''
    WHY=$(head -n 2 "$LOOK/compose.err" | tr '\n' ' ')
  fi
}

# Where the plugin lies, `-` where that is not told; how images are kept; and Docker's folder.
INFO='{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{else}}-{{end}}'\
' store={{range .DriverStatus}}{{if eq (index . 0) "driver-type"}}{{index . 1}}{{end}}{{end}}'\
' {{.DockerRootDir}}'

look_into_info() {
  PLUGIN=${LINE%% *} LINE=${LINE#* }
  IMAGE_STORE=${LINE%% *} DOCKER_FOLDER=${LINE#* }
}

# compose FILE SLOT ARGUMENT…: the user's values are frozen in the file, so that nothing of this
# process's environment gets in; our own come by a file, which sudo lets through. It also stands in
# for an .env that the release may hold.
compose() {
  local file="$1" slot="$2" folder="$S/${1%/*}" data="$S/data"
  shift 2
  first_line "$S/data-root" && data=$LINE
  # Made by us it can be entered by a container's own user.
  [ -d "$data" ] || (umask 022 && mkdir -p "$data")
  {
    setting BELAY_RELEASE "$folder"
    setting BELAY_DATA "$data"
    setting BELAY_HOME "${HOME-}"
    setting BELAY_SLOT "$slot"
  } >"$WORK/compose.env"
  run_compose --project-directory "$folder" -f "$S/$file" "$@"
}

# In single quotes an env file's value is taken as it is. One with such a quote cannot be given:
# only a home folder may have one, which few files name.
setting() {
  case $2 in
    *\'* | *"$NL"*) evidence "$1 has a quote in it, and is left out" ;;
    *) printf "%s='%s'\n" "$1" "$2" ;;
  esac
}

# Compose by itself, where its plugin lies: docker would start that twice, first to ask what it is.
# Where docker is sudo's, or did not tell where it lies, it is left to docker.
compose_program() {
  # shellcheck disable=SC2086 # words
  [ "$DOCKER" = docker ] && first_line "${KIT%/*}/compose" && set -- $LINE &&
    [ -x "${3-}" ] || set -- '' '' "$DOCKER compose"
  echo "$3"
}

# 72 when there is no compose any more, which is no failure of what it was to do.
run_compose() {
  local code
  # shellcheck disable=SC2046 # words
  shown env -i "PATH=$PATH" "HOME=${HOME-/}" \
    ${DOCKER_HOST+"DOCKER_HOST=$DOCKER_HOST"} ${DOCKER_CONFIG+"DOCKER_CONFIG=$DOCKER_CONFIG"} \
    ${XDG_RUNTIME_DIR+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \
    $(compose_program) --ansi never --env-file "$WORK/compose.env" "$@"
  code=$?
  [ "$code" = 0 ] || dk_soon compose version --short >/dev/null 2>&1 || return 72
  return "$code"
}

# --- running commands --------------------------------------------------------------------------

# Evidence of the instruction under way: shown when it fails, forgotten when it does not.
LOG=/dev/null

# shown COMMAND…: its output becomes progress, and evidence.
shown() {
  rm -f "$WORK/code"
  {
    "$@" </dev/null 2>&1
    echo $? >"$WORK/code"
  } | while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >>"$LOG"
    progress "$line"
  done
  first_line "$WORK/code" || LINE=1
  return "$LINE"
}

# quiet COMMAND…: its output is evidence alone.
quiet() { "$@" >>"$LOG" 2>&1 </dev/null; }

# unless PATTERN COMMAND…: a complaint about what is gone, or there, already is no failure; any
# other complaint is.
unless() {
  local pattern="$1" code
  shift
  "$@" >/dev/null 2>"$WORK/complaint" </dev/null && return 0
  code=$?
  cat "$WORK/complaint" >>"$LOG"
  [ -s "$WORK/complaint" ] || return "$code"
  grep -qv -e "$pattern" -e '^$' "$WORK/complaint" && return "$code"
  return 0
}

# evidence LINE…
evidence() { printf '%s\n' "$@" >>"$LOG"; }
