# sh -c '<this>' belay SHA256 BYTES APP ENVIRONMENT: finds the state folder and the kit, asks for
# the kit where it is missing, and becomes it. No quote, exclamation mark or backslash in here: a
# login shell may not be POSIX.
umask 077
usable() { mkdir -p "$1" 2>/dev/null && [ -w "$1" ] && [ -x "$1" ]; }
refuse() {
  echo "0 | @problems"
  echo "0 | $1"
  echo "0 . 75"
  exit 75
}
root=${BELAY_ROOT:-/var/lib/belay}
usable "$root" || root=$HOME/.local/state/belay
usable "$root" || refuse "neither /var/lib/belay nor $root can be written"
kit=$root/kit/$1
if [ -s "$kit/kit.sh" ]; then :; else
  mkdir -p "$kit" || refuse "cannot write $kit"
  echo need-kit
  dd bs="$2" count=1 iflag=fullblock of="$kit/new.$$" 2>/dev/null || refuse "cannot write $kit"
  sum=$(sha256sum <"$kit/new.$$")
  if [ "${sum%% *}" = "$1" ]; then :; else
    rm -f "$kit/new.$$"
    refuse "the kit did not arrive whole"
  fi
  sync "$kit/new.$$" 2>/dev/null || sync
  mv -f "$kit/new.$$" "$kit/kit.sh"
fi
BELAY_ROOT=$root exec sh "$kit/kit.sh" serve "$3" "$4"
