# shellcheck shell=sh
# What `belay host setup` looks at and does on a server that may have sshd and a shell alone. VERB …
# Each verb is safe to repeat, and takes nothing away that is not Belay's own.
set -eu
umask 022
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

have() { command -v "$1" >/dev/null 2>&1; }

# Asked once: each try of somebody who may not is noted in the server's log.
root=no
if [ "$(id -u)" = 0 ]; then
  root=yes
elif have sudo && sudo -n true 2>/dev/null; then
  root=sudo
fi

as_root() {
  case $root in
    yes) "$@" ;;
    sudo) sudo -n "$@" ;;
    no) return 1 ;;
  esac
}

# Somebody's own file, or as root.
as_reader() { "$@" 2>/dev/null || as_root "$@" 2>/dev/null; }

# What this user cannot see is not told, which is not the same as "no".
look() { # look USER KEY [OWNER PATH]…
  user=$1
  key=$2
  shift 2
  echo "user $(id -un)"
  echo "root $root"
  (. /etc/os-release 2>/dev/null && echo "system ${ID:-unknown} ${VERSION_ID:-0} ${PRETTY_NAME:-}") || :
  ! have apt-get || echo 'apt yes'
  [ ! -d /run/systemd/system ] || echo 'systemd yes'
  look_docker
  [ -z "$user" ] || look_user "$user" "$key"
  while [ $# -ge 2 ]; do
    look_folder "$1" "$2"
    shift 2
  done
  echo "daemon-json $([ ! -e /etc/docker/daemon.json ] || base64 </etc/docker/daemon.json | tr -d '\n')"
  look_firewall
}

look_docker() {
  ! have docker || echo 'docker-cli yes'
  if have dockerd; then
    echo "docker $(dockerd --version 2>/dev/null | sed 's/.*version \([^,]*\).*/\1/')"
    if running=$(docker ps -q 2>/dev/null); then
      echo "running $(printf '%s' "$running" | grep -c . || :)"
    fi
    if [ -d /run/systemd/system ] && have systemctl; then
      echo "boot $(systemctl is-enabled docker 2>/dev/null || :)"
    fi
  fi
  ! docker compose version --short >/dev/null 2>&1 ||
    echo "compose $(docker compose version --short 2>/dev/null)"
  if ! have dockerd || ! docker compose version >/dev/null 2>&1; then look_packages; fi
}

# Package lists of its own, in a folder that goes again: looking changes nothing.
look_packages() {
  have apt-get || return 0
  own=$(mktemp -d)
  mkdir -p "$own/lists/partial" "$own/cache/archives/partial"
  set -- -o "Dir::State::lists=$own/lists" -o "Dir::Cache=$own/cache" -o APT::Sandbox::User=
  timeout 120 apt-get -q update "$@" >"$own/log" 2>&1 || echo 'lists failed'
  for package in docker.io docker-cli docker-compose-v2 docker-compose docker-compose-plugin \
    iptables ufw; do
    version=$(apt-cache "$@" policy "$package" 2>/dev/null | sed -n 's/^  Candidate: //p')
    case $version in '' | '(none)') ;; *) echo "package $package $version" ;; esac
  done
  rm -rf "$own"
}

look_user() {
  home=$(getent passwd "$1" | cut -d: -f6) || :
  [ -n "$home" ] || return 0
  echo "deploy-user $home"
  ! id -nG "$1" | tr ' ' '\n' | grep -qx docker || echo 'in-docker yes'
  keys=$home/.ssh/authorized_keys
  if [ "$root" = no ] && [ ! -r "$keys" ]; then
    echo 'key some'
  elif [ -z "$2" ]; then
    ! as_reader test -s "$keys" || echo 'key some'
  elif as_reader grep -qF "$2" "$keys" 2>/dev/null; then
    echo 'key yes'
  fi
}

look_folder() { # OWNER PATH
  if [ -d "$2" ]; then
    full=$([ -z "$(ls -A "$2" 2>/dev/null || echo x)" ] && echo empty || echo full)
    echo "folder $(stat -c '%u:%g:%U:%G' "$2" 2>/dev/null) $full $2"
  elif [ -e "$2" ]; then
    echo "folder - file $2"
  else
    echo "folder - absent $2"
  fi
}

# The ports that sshd is reached on: the one of this very connection above all.
look_firewall() {
  [ -z "${SSH_CONNECTION:-}" ] || echo "ssh-port ${SSH_CONNECTION##* }"
  as_root sshd -T 2>/dev/null | sed -n 's/^port /ssh-port /p' || :
  if have ufw; then
    echo 'ufw yes'
    as_root ufw status 2>/dev/null | sed -n 's/^Status: /ufw-status /p' || :
    as_root ufw show added 2>/dev/null | sed -n 's/^ufw allow \([0-9]*\)\(\/tcp\)\{0,1\}$/ufw-port \1/p' || :
  fi
  if have firewall-cmd && firewall-cmd --state >/dev/null 2>&1; then echo 'foreign firewalld'; fi
  if have nft && as_root nft list ruleset 2>/dev/null | grep -q 'hook input.*policy drop'; then
    echo 'foreign nftables'
  fi
}

install_packages() { # install_packages PACKAGE…
  apt-get -q update >/dev/null 2>&1 || :
  timeout 900 apt-get -q install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# The daemon answers, and comes back after a reboot.
start_docker() {
  if [ -d /run/systemd/system ]; then systemctl enable --now docker; fi
  tries=0
  until docker info >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" != 20 ] || [ -d /run/systemd/system ] || service docker start >/dev/null 2>&1 || :
    [ "$tries" -lt 120 ] || { echo 'the Docker daemon does not answer' >&2 && exit 1; }
    sleep 0.5
  done
}

# daemon_json OLD, the new text on standard input; OLD is base64 of what was looked at.
daemon_json() {
  file=/etc/docker/daemon.json
  now=$([ ! -e "$file" ] || base64 <"$file" | tr -d '\n')
  [ "$now" = "$1" ] || { echo "$file was changed meanwhile" >&2 && exit 1; }
  mkdir -p /etc/docker
  cat >"$file.belay-new"
  [ ! -e "$file" ] || [ -e "$file.before-belay" ] || cp -p "$file" "$file.before-belay"
  chmod 644 "$file.belay-new"
  mv -f "$file.belay-new" "$file"
}

restart_docker() {
  if [ -d /run/systemd/system ]; then systemctl restart docker; else service docker restart; fi
  start_docker
}

deploy_user() { # deploy_user NAME, a public key on standard input
  key=$(cat)
  if ! getent passwd "$1" >/dev/null; then
    shell=/bin/sh
    [ ! -x /bin/bash ] || shell=/bin/bash
    useradd --create-home --shell "$shell" "$1"
  fi
  home=$(getent passwd "$1" | cut -d: -f6)
  group=$(id -gn "$1")
  id -nG "$1" | tr ' ' '\n' | grep -qx docker || usermod -aG docker "$1"
  [ -n "$key" ] || return 0
  keys=$home/.ssh/authorized_keys
  [ -d "$home/.ssh" ] || install -d -m 700 -o "$1" -g "$group" "$home/.ssh"
  ! grep -qF "$(printf '%s\n' "$key" | cut -d ' ' -f 1,2)" "$keys" 2>/dev/null || return 0
  [ -e "$keys" ] || install -m 600 -o "$1" -g "$group" /dev/null "$keys"
  # A last line without its end would swallow ours.
  [ -z "$(tail -c 1 "$keys")" ] || echo >>"$keys"
  printf '%s\n' "$key" >>"$keys"
}

folder() { # folder OWNER PATH: made, or given to its owner while it is empty
  if [ ! -d "$2" ]; then
    mkdir -p "$2"
    chmod 750 "$2"
  elif [ -n "$(ls -A "$2")" ]; then
    echo "$2 is not empty any more" >&2
    exit 1
  fi
  chown "$1" "$2"
}

# firewall PORT…: what it would lock out comes back by itself, unless `keep` is called by somebody
# who got in after it.
firewall() {
  was=$(ufw status | sed -n 's/^Status: //p')
  for port in "$@"; do ufw allow "$port/tcp" >/dev/null; done
  [ "$was" != active ] || return 0
  mkdir -p /run/belay-setup
  rm -f /run/belay-setup/kept
  setsid sh -c 'sleep 60; [ -e /run/belay-setup/kept ] || ufw --force disable' \
    </dev/null >/dev/null 2>&1 &
  ufw --force enable >/dev/null
}

keep() {
  [ ! -d /run/belay-setup ] || : >/run/belay-setup/kept
}

verb=$1
shift
if [ "$verb" != look ] && [ "$root" != yes ]; then
  echo 'this needs root' >&2
  exit 1
fi
"$verb" "$@"
