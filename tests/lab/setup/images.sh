#!/bin/sh
# Makes the images that the lab's servers and apps need, each only where it is missing or its recipe
# changed. Public images are pulled where that works. Where no registry can be reached, stand-ins
# with the same names are built from Debian packages; a label tells them from the real ones.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
lab=${BELAY_LAB_DIR:-$root/.lab}
work=$lab/images
# shellcheck source=tests/lab/setup/debian.sh
. "$here/debian.sh"

label=belay.lab.recipe
caddy_floor=2.11.4

say() { printf 'images: %s\n' "$*"; }

fail() {
  printf 'images: %s\n' "$*" >&2
  exit 1
}

# Every image: its tag, the function make_… that makes it, the folder of its recipe if it has one.
list() {
  cat <<END
busybox:stable busybox
debian:trixie-slim debian
belay-lab-server server $here/../images/server
belay-lab-bare bare $here/../images/bare
caddy:$caddy_floor caddy $here/../images/caddy
node:20-slim node $here/../images/node
postgres:17 postgres $here/../images/postgres
redis:7 redis $here/../images/redis
mariadb:11 mariadb $here/../images/mariadb
belay-lab/sqlite:1 sqlite $here/../images/sqlite
python:3.13-slim python $here/../images/python
prom/prometheus:v2.53.3 prometheus $here/../images/prometheus
grafana/grafana:11.6.0 grafana $here/../images/grafana
belay-lab/git:1 git $here/../images/git
belay-lab/registry:1 registry $here/../images/registry
belay-lab/app:3 app $root/examples/shop
END
}

# recipe FOLDER: a hash of everything that an image is made from. Without a folder, the recipe is
# the function in this file: count up when one of those changes.
recipe() {
  if [ -z "$1" ]; then
    echo 1
  else
    (cd "$1" && find . -type f -exec cksum {} + | sort | cksum | cut -d ' ' -f 1)
  fi
}

# fresh IMAGE RECIPE: present, and either not ours (pulled by someone) or made from this recipe.
fresh() {
  found=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null) ||
    return 1
  [ -z "$found" ] || [ "$found" = "$2" ]
}

all_fresh() {
  while read -r image _ folder; do
    fresh "$image" "$(recipe "$folder")" || return 1
  done <<END
$(list)
END
}

# Asked once, with the smallest image: a registry that does not answer must not cost a minute each.
find_registry() {
  registry=yes
  timeout 10 docker pull -q busybox:stable >/dev/null 2>&1 && return
  registry=no
  say 'no registry answers, building stand-ins'
}

# pulled IMAGE: got the real one.
pulled() { [ "$registry" = yes ] && timeout 180 docker pull -q "$1" >/dev/null 2>&1; }

# build IMAGE RECIPE CONTEXT ARGUMENT…
build() {
  image=$1
  hash=$2
  context=$3
  shift 3
  docker build -q --network host --label "$label=$hash" -t "$image" "$@" \
    --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy "$context" >/dev/null
}

# import FOLDER IMAGE RECIPE CHANGE…: a folder as an image of one layer.
import() {
  tree=$1
  image=$2
  hash=$3
  shift 3
  tar -C "$tree" --numeric-owner --exclude=./var/cache/apt/* --exclude=./var/lib/apt/lists/* \
    --exclude=./usr/share/doc/* --exclude=./usr/share/man/* --exclude=./usr/share/locale/* \
    --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* -c . |
    docker import -c "LABEL $label=$hash" "$@" - "$image" >/dev/null
}

stage() { # stage NAME: a build context of its own, for recipes that need a program from elsewhere
  rm -rf "${work:?}/$1"
  mkdir -p "$work/$1"
  cp -r "$here/../images/$1/." "$work/$1/"
}

require_debian_root() {
  if [ ! -f /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
    fail "$1 cannot be pulled; making a stand-in for it needs Debian and root"
  fi
}

make_debian() {
  pulled debian:trixie-slim && return
  require_debian_root debian:trixie-slim
  command -v debootstrap >/dev/null 2>&1 ||
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends debootstrap
  tree=$work/debian
  rm -rf "$tree"
  timeout 300 debootstrap --variant=minbase --include=ca-certificates trixie "$tree" \
    "$(debian_mirror)"
  # As in the official image: packages leave no documentation and no archive, and are not synced.
  printf '%s\n' force-unsafe-io 'path-exclude /usr/share/doc/*' 'path-exclude /usr/share/man/*' \
    'path-exclude /usr/share/locale/*' >"$tree/etc/dpkg/dpkg.cfg.d/lab"
  printf '%s\n' 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' \
    'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";' 'Acquire::Languages "none";' \
    >"$tree/etc/apt/apt.conf.d/lab"
  import "$tree" debian:trixie-slim "$1" -c 'CMD ["bash"]'
  rm -rf "$tree"
}

make_busybox() {
  [ "$registry" = no ] || return 0
  require_debian_root busybox:stable
  debian_unpack trixie "$work/busybox.packages" busybox-static
  tree=$work/busybox
  rm -rf "$tree"
  mkdir -p "$tree/bin" "$tree/usr/bin" "$tree/usr/sbin" "$tree/sbin" "$tree/tmp" "$tree/root" \
    "$tree/etc" "$tree/var" "$tree/home" "$tree/dev" "$tree/proc" "$tree/sys"
  chmod 1777 "$tree/tmp"
  cp "$work/busybox.packages/usr/bin/busybox" "$tree/bin/busybox"
  for applet in $("$tree/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' \
    >"$tree/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
  import "$tree" busybox:stable "$1" -c 'CMD ["sh"]'
  rm -rf "$tree" "$work/busybox.packages"
}

make_caddy() {
  pulled "caddy:$caddy_floor" && return
  require_debian_root "caddy:$caddy_floor"
  debian_unpack sid "$work/caddy.packages" caddy
  stage caddy
  cp "$work/caddy.packages/usr/bin/caddy" "$work/caddy/"
  version=$("$work/caddy/caddy" version | sed 's/^v//; s/[^0-9.].*//')
  dpkg --compare-versions "$version" ge "$caddy_floor" ||
    fail "Debian sid has Caddy $version, older than $caddy_floor"
  build "caddy:$version" "$1" "$work/caddy"
  docker tag "caddy:$version" "caddy:$caddy_floor"
  rm -rf "$work/caddy" "$work/caddy.packages"
}

make_node() {
  pulled node:20-slim && return
  stage node
  cp -L "$(command -v node)" "$work/node/node"
  build node:20-slim "$1" "$work/node"
  rm -rf "$work/node"
}

make_postgres() { pulled postgres:17 || build postgres:17 "$1" "$here/../images/postgres"; }
make_redis() { pulled redis:7 || build redis:7 "$1" "$here/../images/redis"; }
make_mariadb() { pulled mariadb:11 || build mariadb:11 "$1" "$here/../images/mariadb"; }
make_sqlite() { build belay-lab/sqlite:1 "$1" "$here/../images/sqlite"; }
make_python() { pulled python:3.13-slim || build python:3.13-slim "$1" "$here/../images/python"; }
make_git() { build belay-lab/git:1 "$1" "$here/../images/git"; }
make_bare() { build belay-lab-bare "$1" "$here/../images/bare"; }
make_registry() { build belay-lab/registry:1 "$1" "$here/../images/registry"; }
make_server() { build belay-lab-server "$1" "$here/../images/server"; }

make_prometheus() {
  pulled prom/prometheus:v2.53.3 && return
  require_debian_root prom/prometheus:v2.53.3
  debian_unpack trixie "$work/prometheus.packages" prometheus
  stage prometheus
  cp "$work/prometheus.packages/usr/bin/prometheus" "$work/prometheus/"
  build prom/prometheus:v2.53.3 "$1" "$work/prometheus"
  rm -rf "$work/prometheus" "$work/prometheus.packages"
}

make_grafana() {
  pulled grafana/grafana:11.6.0 ||
    build grafana/grafana:11.6.0 "$1" "$here/../images/grafana"
}

# The sample app as three releases; without DATABASE_HOST it needs no database.
make_app() {
  for version in 1 2 3; do
    build "belay-lab/app:$version" "$1" "$root/examples/shop" --build-arg "VERSION=$version"
  done
}

# ensure NAME: runs make_NAME unless its image is fresh; what that says goes to a log.
ensure() {
  while read -r image name folder; do
    [ "$name" != "$1" ] || break
  done <<END
$(list)
END
  hash=$(recipe "$folder")
  ! fresh "$image" "$hash" || return 0
  started=$(date +%s)
  # In the background, as `set -e` does not count inside the condition of an `if`.
  ("make_$name" "$hash") >"$work/$name.log" 2>&1 </dev/null & made=$!
  if wait "$made"; then
    say "$image made in $(($(date +%s) - started)) s"
  else
    tail -n 30 "$work/$name.log" >&2
    say "$image could not be made, the whole log is $work/$name.log" >&2
    return 1
  fi
}

# wait_all PID…: fails when one of them failed, after all have ended.
wait_all() {
  status=0
  for pid in "$@"; do wait "$pid" || status=1; done
  return "$status"
}

if all_fresh; then exit 0; fi
mkdir -p "$work"
find_registry
# The bases first; what builds on them then runs side by side, as most of it waits for the network.
ensure busybox & busybox=$!
ensure debian & debian=$!
wait_all "$busybox" "$debian" || fail 'the base images could not be made'

ensure server & server=$!
ensure bare & bare=$!
ensure caddy & caddy=$!
ensure node & node=$!
wait_all "$caddy" "$node" || fail 'the images for apps could not be made'
ensure postgres & postgres=$!
ensure redis & redis=$!
ensure mariadb & mariadb=$!
ensure sqlite & sqlite=$!
ensure git & git=$!
ensure registry & registry_image=$!
ensure python & python=$!
ensure prometheus & prometheus=$!
ensure app & app=$!
wait_all "$python" || fail 'the image for apps in Python could not be made'
ensure grafana & grafana=$!
wait_all "$server" "$bare" "$postgres" "$redis" "$mariadb" "$sqlite" "$git" "$registry_image" \
  "$prometheus" "$grafana" "$app" ||
  fail 'not all images could be made'
