#!/bin/sh
# Belay's kit: what must be atomic on a server, or must outlive the link to it. Put together from
# src/hosts/kit/*.sh; PROTOCOL.md there describes it. Runs under dash, busybox and bash: all have
# `local`, which POSIX lacks, and a clobbered variable once made a failed run look good.
# Off: `local`; "A && B || C", meant as it stands; "unreachable", which calls by name confuse.
# shellcheck disable=SC3043,SC2015,SC2317
set -u
umask 077
LC_ALL=C
export LC_ALL
NL='
'
# A command line over ssh may come with a short one.
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
PATH=${BELAY_PATH:-$PATH}
export PATH
KIT=$0
ROOT=${BELAY_ROOT:-${KIT%/kit/*/kit.sh}}
PROC=${BELAY_PROC:-/proc}
# How often a watchdog looks, in seconds.
TICK=${BELAY_TICK:-1}
# How long Docker may take to answer a simple question, in seconds.
SILENCE=${BELAY_SILENCE:-20}
# Tests hand in ROOT, PROC, PATH, TICK, SILENCE and the patience with a busy lock or an absent watchdog.
# Set by the entry point: the app's state folder, and this process's own scraps below it.
APP='' ENVIRONMENT='' S='' WORK=''
# The request that progress belongs to; empty when a person reads along.
REQUEST=${BELAY_REQUEST-}

CADDY=belay-proxy-caddy-1
# Of the state folder: raised when an older kit could misread what a newer one keeps there.
FORMAT=1

# --- words -------------------------------------------------------------------------------------

is_number() {
  case $1 in
    '' | *[!0-9]* | 0?* | ???????????*) return 1 ;;
  esac
}

# Words come over the wire and from files. None is ever evaluated, yet file names are made of them.
is_safe() {
  case $1 in
    '' | *[!A-Za-z0-9_.:@,=+/-]*) return 1 ;;
  esac
}

# A word that may name a file: nothing that could lead out of its folder.
is_name() {
  case $1 in
    '' | .* | -* | *[!A-Za-z0-9_.-]*) return 1 ;;
  esac
}

# A path inside the app's state folder.
is_inside() {
  case /$1/ in
    *//* | */../* | */./* | *[!A-Za-z0-9_./-]*) return 1 ;;
  esac
}

# --- answers -----------------------------------------------------------------------------------

# give_up CODE LINE…: ends the verb, which runs in a subshell of its own.
give_up() {
  local code="$1"
  shift
  [ $# = 0 ] || printf '%s\n' "$@"
  exit "$code"
}

# What is being waited for. A link that is gone must not disturb the work.
progress() {
  if [ -n "$REQUEST" ]; then
    printf '%s > %.2900s\n' "$REQUEST" "$1" >&3
  else
    printf '%.2900s\n' "$1" >&3
  fi 2>/dev/null || :
}

# --- files -------------------------------------------------------------------------------------

# The first line of a file, as LINE. `read` says 1 where the newline at the end is missing, which
# is no error: believing it once rolled back every deployment.
first_line() {
  LINE=''
  [ -r "$1" ] || return 1
  IFS= read -r LINE 2>/dev/null <"$1" || [ -n "$LINE" ]
}

# On disk before we go on. Files, or a folder whose entries were renamed.
flush() { sync "$@" 2>/dev/null || sync; }

# put FILE TEXT [durable]: the file changes whole or not at all.
put() {
  local fresh="$1.new.$$"
  printf '%s\n' "$2" >"$fresh" || return 1
  [ "${3-}" != durable ] || flush "$fresh"
  mv -f "$fresh" "$1"
}

# What was written to a full disk is cut off somewhere, and must not be taken for the whole.
# Its own room is free again, so that a short answer can be given.
is_writable() { { printf . >"$WORK/room" && rm -f "$WORK/room"; } 2>/dev/null; }

# --- time --------------------------------------------------------------------------------------

# The host's own time: seconds since its boot, and which boot. A wall clock may jump.
look_at_clock() {
  NOW='' BOOT=''
  read -r NOW _ 2>/dev/null <"$PROC/uptime" || :
  NOW=${NOW%%.*}
  first_line "$PROC/sys/kernel/random/boot_id" || :
  BOOT=${LINE:-unknown}
  is_number "$NOW" || NOW=0
}

# --- locks -------------------------------------------------------------------------------------

# wait_for FD SECONDS: the lock of an open file. busybox's flock cannot wait, so we ask again.
wait_for() {
  local left=$(($2 * 10))
  until flock -n "$1" 2>/dev/null; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 0.1
  done
}

# Only the watchdog's container may lack it; what that does is safe without (see watch.sh).
has_flock() { command -v flock >/dev/null 2>&1; }

openable() {
  { true >>"$1"; } 2>/dev/null
}

# One action at a time. Held by the process and its children, until the last of them ends.
take_lock() { hold_lock "$1" || say_busy; }

hold_lock() {
  openable "$S/lock" || give_up 75 "cannot write $S"
  exec 9>>"$S/lock"
  wait_for 9 "${BELAY_PATIENCE:-$1}"
}

say_busy() {
  first_line "$S/doing" || :
  # shellcheck disable=SC2086 # words
  set -- $LINE
  give_up 79 "busy ${1-another} ${2-}"
}

# For reading and writing the lease and the epoch, for moments: renewing must not wait for an
# action that takes minutes. Taken after `lock`, never before.
take_lease_lock() {
  openable "$S/lease.lock" || give_up 75 "cannot write $S"
  exec 8>>"$S/lease.lock"
  wait_for 8 10 || give_up 79 'busy lease'
}

drop_lease_lock() { exec 8>&-; }
