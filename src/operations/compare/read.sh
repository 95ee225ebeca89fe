# shellcheck shell=sh
# What `belay compare` reads of an app's state folder: STATE RELEASE…
set -eu
umask 077
cd "$1"
shift
# Made once: hashes of values mean nothing to anybody who does not have it.
if [ ! -s compare.key ]; then
  head -c 32 /dev/urandom | base64 | tr -d '\n' >"compare.key.new.$$"
  ln "compare.key.new.$$" compare.key 2>/dev/null || :
  rm -f "compare.key.new.$$"
fi
printf 'key %s\n' "$(cat compare.key)"
for release; do
  for part in release compose base; do
    [ ! -f "releases/$release/$part.json" ] ||
      printf '%s %s %s\n' "$part" "$release" "$(base64 <"releases/$release/$part.json" | tr -d '\n')"
  done
  [ ! -d "releases/$release/files" ] || (
    cd "releases/$release"
    find files -type f -exec sha256sum {} + | sed "s/^\\\\*\([0-9a-f]*\) [ *]/file $release \1 /"
  )
done
