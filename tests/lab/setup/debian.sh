# shellcheck shell=sh
# Debian packages of any release, without touching the machine's own package sources. Sourced; the
# caller sets $lab, the folder for state that may be deleted at any time.
: "${lab:?}"

# macOS has none; Docker's own limits must do there.
command -v timeout >/dev/null 2>&1 || timeout() { shift && "$@"; }

# The mirror this machine already uses, as it may be the only one it can reach.
debian_mirror() {
  url='https\{0,1\}://[^[:space:]]*/debian'
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
    /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n "/^[[:space:]]*#/d; s|.*\($url\)/\{0,1\}\([[:space:]].*\)\{0,1\}\$|\1|p" |
    head -n 1)
  echo "${found:-http://deb.debian.org/debian}"
}

# debian_apt SUITE ARGUMENT…: apt-get that sees only this suite, with lists and cache of its own.
# A mirror may be a snapshot from weeks ago, which apt would call expired; signatures still count.
debian_apt() {
  suite=$1
  shift
  timeout 180 apt-get -q -o Dir::Etc::sourcelist="$lab/apt/$suite/sources.list" \
    -o Dir::Etc::sourceparts=- -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=- \
    -o Dir::State::lists="$lab/apt/$suite/lists" -o Dir::Cache="$lab/apt/$suite/cache" \
    -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# debian_unpack SUITE FOLDER PACKAGE…: downloads the packages and unpacks them into the folder.
debian_unpack() {
  suite=$1
  folder=$2
  shift 2
  own=$lab/apt/$suite
  mkdir -p "$own/lists/partial" "$own/cache/archives/partial" "$own/packages" "$folder"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
    "$(debian_mirror)" "$suite" >"$own/sources.list"
  debian_apt "$suite" update >"$own/update.log" 2>&1 || {
    cat "$own/update.log" >&2
    return 1
  }
  rm -f "$own/packages"/*.deb
  (cd "$own/packages" && debian_apt "$suite" download "$@" >"$own/download.log" 2>&1) || {
    cat "$own/download.log" >&2
    return 1
  }
  for package in "$own/packages"/*.deb; do
    dpkg-deb --extract "$package" "$folder" || return 1
  done
}
