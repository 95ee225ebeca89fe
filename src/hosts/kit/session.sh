# --- sessions ------------------------------------------------------------------------------------

# One verb, in a subshell: its locks, its scraps and its way out end with it.
dispatch() {
  case $1 in
    observe) verb_observe ;;
    acquire) verb_acquire "${2-}" "${3-}" "${4-}" ;;
    renew) verb_renew "${2-}" "${3-}" ;;
    release) verb_release "${2-}" ;;
    break) verb_break ;;
    do)
      [ $# -ge 5 ] || give_up 70 'do <epoch> <number> <guard> <timeout>'
      shift
      verb_do "$@"
      ;;
    decide) verb_decide "${2-}" "${3-}" ;;
    settle) verb_settle "${2-}" ;;
    cancel) verb_cancel "${2-}" ;;
    sample) verb_sample ;;
    images) verb_images ;;
    compose-config) verb_compose_config ;;
    note) verb_note "${2-}" ;;
    journal) verb_journal "${2-}" ;;
    receipt) verb_receipt "${2-}" ;;
    put-receipt) verb_put_receipt "${2-}" ;;
    log) verb_log "${2-}" ;;
    put-log) verb_put_log "${2-}" ;;
    go-back) verb_go_back "${2-}" "${3-}" ;;
    *) give_up 70 "this kit does not know the verb $1" ;;
  esac
}

# serve: one request after another, until the input ends. The output of a request goes to a file
# first: a link that breaks must not break the work.
serve() {
  local line
  trap '' HUP PIPE
  exec 3>&1
  REQUEST=0
  answer observe
  while IFS= read -r line; do
    case $line in
      '' | *[!A-Za-z0-9_.:@,=+/\ -]*) break ;;
    esac
    # shellcheck disable=SC2086 # words
    set -- $line
    [ $# -ge 3 ] && is_number "$1" && is_number "$2" || break
    REQUEST=$1
    # It was read all the same. Ending now would leave the deployer waiting: its link may live on.
    take_payload "$2" || {
      echo "$REQUEST | cannot write $S: the payload could not be stored${NL}$REQUEST . 75" >&3
      continue
    }
    shift 2
    answer "$@"
  done
}

# Exactly so many bytes. Fewer mean that the link broke before the request was whole: it is as if
# it had never been sent.
take_payload() {
  : >"$PAYLOAD"
  [ "$1" -gt 0 ] || return 0
  dd bs="$1" count=1 iflag=fullblock of="$PAYLOAD" 2>/dev/null || return 1
  [ $(($(wc -c <"$PAYLOAD"))) = "$1" ]
}

answer() {
  local code
  (dispatch "$@") </dev/null >"$WORK/output" 2>"$WORK/error"
  code=$?
  if [ -e "$WORK/sudo" ]; then
    DOCKER='sudo -n docker' BELAY_SUDO=1
    export BELAY_SUDO
  fi
  # What the shell itself complained about (a full disk) is evidence too.
  if [ "$code" != 0 ] && [ -s "$WORK/error" ]; then
    tail -n 20 "$WORK/error" | cat - "$WORK/output" >"$WORK/both"
    mv -f "$WORK/both" "$WORK/output"
  fi
  if is_cut "$code"; then
    echo "$REQUEST | cannot write $S: the disk is full${NL}$REQUEST . 75"
  else
    awk -v id="$REQUEST" '{ print id " | " $0 }' "$WORK/output"
    echo "$REQUEST . $code"
  fi >&3 2>/dev/null
  # There may have been secrets in it.
  : >"$WORK/output"
}

# is_cut CODE: whether an answer found no room. A short one is there as a whole, or not at all.
is_cut() {
  local size
  size=$(($(wc -c <"$WORK/output")))
  [ "$size" -ge 4096 ] || { [ "$size" = 0 ] && [ "$1" != 0 ]; } || return 1
  ! is_writable
}

# once VERB ARGUMENT…: for a second channel, and for a person.
once() {
  local word
  trap '' HUP PIPE
  exec 3>&2
  REQUEST=''
  for word; do
    is_safe "$word" || {
      echo "not a safe word: $word" >&2
      return 70
    }
  done
  : >"$PAYLOAD"
  case $1 in
    acquire | do | decide | sample | images | compose-config) cat >"$PAYLOAD" ;;
    note | put-receipt | put-log) cat >"$PAYLOAD" ;;
  esac
  [ -z "${BELAY_SUDO-}" ] || DOCKER='sudo -n docker'
  (dispatch "$@") </dev/null
}

# The scope's names become folders and more.
open_scope() {
  APP=$1 ENVIRONMENT=$2
  case $APP$ENVIRONMENT in
    *[!a-z0-9-]*) return 1 ;;
  esac
  [ -n "$APP" ] && [ -n "$ENVIRONMENT" ] || return 1
  S=$ROOT/$APP/$ENVIRONMENT
  WORK=$S/work/$$
  PAYLOAD=$WORK/payload
}

# Fails where nothing can be written, or locked: everything else would fail later, half way.
open_work() {
  mkdir -p "$WORK" 2>/dev/null && openable "$S/lock" && has_flock
}

cannot_work() {
  local why="cannot write $S"
  has_flock || why='there is no flock command (package util-linux)'
  [ "$1" != serve ] || echo "0 | @problems${NL}0 | $why${NL}0 . 75"
  [ "$1" = serve ] || echo "$why" >&2
  exit 75
}

main() {
  local how="${1-}" code
  cd / || exit 1
  case $how in
    watch-all)
      exec 3>/dev/null
      watch_all
      return
      ;;
    serve | once | carry | watch) ;;
    *) exit 70 ;;
  esac
  open_scope "${2-}" "${3-}" || {
    echo 'not a name of an app and its environment' >&2
    exit 70
  }
  shift 3
  case $how in
    carry) verb_carry "$@" ;;
    watch)
      trap '' HUP PIPE
      exec 3>/dev/null
      verb_watch "$@"
      ;;
    *)
      open_work || cannot_work "$how"
      "$how" "$@"
      code=$?
      rm -rf "$WORK"
      return "$code"
      ;;
  esac
}

main "$@"
exit $?
