#!/bin/sh
# Programs that tests without Docker need: shells for the kit, shellcheck, git, ssh. Installed where
# that can be done, from the package sources of this machine; else told.
set -eu

missing=''
# need PROGRAM PACKAGE
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

need busybox busybox
need dash dash
need flock util-linux
need git git
need shellcheck shellcheck
need ssh openssh-client
[ -n "$missing" ] || exit 0

if [ ! -f /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
  echo "tests of what they run in will fail until these are installed:$missing"
  exit 0
fi
echo "installing from the package sources of this machine:$missing"
# shellcheck disable=SC2086 # a list of words
install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 $missing
}
install >/dev/null 2>&1 || { apt-get -q update >/dev/null && install >/dev/null; }
