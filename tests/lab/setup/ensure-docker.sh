#!/bin/sh
# Makes `docker` and `docker compose` work on this machine, or says what to install. Asks nothing
# and may be run again at any time. Where both work already, it changes nothing. On Debian, as root,
# it installs the missing packages, takes the two command line plugins that Debian 12 lacks from
# Debian 13 without touching the system's package sources, and starts the daemon.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lab=${BELAY_LAB_DIR:-$(cd "$here/../../.." && pwd)/.lab}
plugins=/usr/local/lib/docker/cli-plugins
# shellcheck source=tests/lab/setup/debian.sh
. "$here/debian.sh"

say() { printf 'ensure-docker: %s\n' "$*"; }

fail() {
  printf 'ensure-docker: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }
daemon_answers() { timeout 10 docker info >/dev/null 2>&1; }
compose_works() { timeout 10 docker compose version >/dev/null 2>&1; }
build_works() { timeout 10 docker buildx version >/dev/null 2>&1; }

require_debian_root() {
  [ -f /etc/debian_version ] || fail "$1 is missing, and this is not Debian:" \
    'install Docker Engine 20.10 or newer with the Compose v2 and buildx plugins, then try again.'
  [ "$(id -u)" = 0 ] || fail "$1 is missing: run this as root, or install Docker Engine with the" \
    'Compose v2 and buildx plugins and let this user reach it (group docker).'
}

# Package by the command it brings, so that a machine that has the command is left alone.
missing_packages() {
  have dockerd || echo docker.io
  have docker || ! apt-cache show docker-cli >/dev/null 2>&1 || echo docker-cli
  have iptables || echo iptables
  have ssh || echo openssh-client
  have git || echo git
  [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
}

install_packages() {
  packages=$(missing_packages | tr '\n' ' ')
  [ -n "$packages" ] || return 0
  # Without package lists, apt-cache cannot tell whether this Debian has a docker-cli package.
  say "installing from this machine's package sources: $packages"
  apt-get -q update >"$lab/apt-install.log" 2>&1 || say 'apt-get update failed, trying anyway'
  packages=$(missing_packages | tr '\n' ' ')
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -q install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 $packages </dev/null >>"$lab/apt-install.log" 2>&1 || {
    tail -n 20 "$lab/apt-install.log" >&2
    fail "installing failed: $packages"
  }
}

install_plugins() {
  say "installing the docker compose and buildx plugins of Debian 13 into $plugins"
  unpacked=$lab/apt/plugins
  rm -rf "$unpacked"
  debian_unpack trixie "$unpacked" docker-compose docker-buildx ||
    fail "could not fetch docker-compose and docker-buildx from $(debian_mirror)"
  mkdir -p "$plugins"
  for plugin in "$unpacked"/usr/libexec/docker/cli-plugins/*; do
    install -m 755 "$plugin" "$plugins/"
  done
  rm -rf "$unpacked"
}

# A pid file that outlived its daemon makes a new daemon refuse to start.
remove_stale_pid() {
  pid=$(cat /var/run/docker.pid 2>/dev/null) || return 0
  case $(cat "/proc/$pid/comm" 2>/dev/null) in
    dockerd) ;;
    *) rm -f /var/run/docker.pid ;;
  esac
}

# Detached with every descriptor redirected: a CI job that waits for its output to close must end.
start_daemon() {
  if [ -d /run/systemd/system ]; then
    say 'starting the docker service'
    systemctl start docker || fail 'systemctl start docker failed'
  else
    say "starting dockerd, log in $lab/dockerd.log"
    remove_stale_pid
    setsid dockerd </dev/null >>"$lab/dockerd.log" 2>&1 \
      3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  fi
  tries=0
  until daemon_answers; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || {
      tail -n 20 "$lab/dockerd.log" >&2 || :
      fail 'dockerd did not answer within 60 s'
    }
    sleep 0.5
  done
}

if have docker && daemon_answers && compose_works && build_works; then exit 0; fi

mkdir -p "$lab"
if ! have docker || ! daemon_answers; then
  if ! have dockerd || ! have docker; then require_debian_root Docker; fi
  [ "$(id -u)" = 0 ] ||
    fail 'the Docker daemon does not answer: start it, or let this user reach it'
  [ ! -f /etc/debian_version ] || install_packages
fi
if ! compose_works || ! build_works; then
  require_debian_root 'docker compose (v2) or docker buildx'
  install_plugins
fi
daemon_answers || start_daemon
compose_works || fail 'docker compose still does not work'
say "ready: Docker $(docker version --format '{{.Server.Version}}')," \
  "Compose $(docker compose version --short)"
