# shellcheck shell=sh
# What `belay hook` does on a server. VERB REPOSITORY …; a path that begins with ~/ is below the home.
set -eu
umask 077
verb=$1
repository=$2
# shellcheck disable=SC2088 # meant as it stands: who asks does not know the home
case $repository in
  '~/'*) repository=$HOME/${repository#'~/'} ;;
esac
own=$repository/belay
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin

# The first Node that is new enough, wherever a person may have put it.
find_node() {
  for node in "$(command -v node || :)" "$(sh -lc 'command -v node' 2>/dev/null || :)" \
    "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.local/bin/node "$HOME"/.volta/bin/node; do
    [ -x "$node" ] || continue
    version=$("$node" --version 2>/dev/null) || continue
    old="$node $version"
    # shellcheck disable=SC2016 # for Node
    "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number)
      process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null || continue
    echo "node $node $version"
    return
  done
  [ -z "${old:-}" ] || echo "old-node $old"
}

keys() { grep -c -F " belay:$repository" "$HOME/.ssh/authorized_keys" 2>/dev/null || :; }

look() {
  echo "repository $repository"
  echo "user $(id -un)"
  old=''
  find_node
  for program in git flock; do
    ! command -v "$program" >/dev/null 2>&1 || echo "$program $(command -v "$program")"
  done
  if [ -f "$own/hook.json" ]; then
    echo 'state ours'
    echo "settings $(tr -d '\n' <"$own/hook.json")"
  elif [ -e "$repository" ] && [ -n "$(ls -A "$repository" 2>/dev/null || echo x)" ]; then
    echo 'state foreign'
  else
    echo 'state absent'
  fi
  echo "keys $(keys)"
  values=${repository%.git}.env
  [ ! -e "$values" ] || echo "values $(stat -c %a "$values" 2>/dev/null || echo there)"
  if [ -e "$own/lock" ] && command -v flock >/dev/null 2>&1; then
    flock -n "$own/lock" true || echo 'busy yes'
  fi
  for log in "$own"/logs/*.log; do
    [ -e "$log" ] || continue
    ended=$(cat "${log%.log}.exit" 2>/dev/null || echo -)
    echo "push ${log##*/} $ended"
  done | tail -n 5
}

# put NAME MODE, the content on standard input: whole or not at all.
put() {
  mkdir -p "$(dirname "$repository/$1")"
  cat >"$repository/$1.new"
  chmod "$2" "$repository/$1.new"
  mv -f "$repository/$1.new" "$repository/$1"
}

# create BRANCH NODE
create() {
  mkdir -p "$repository" "$own/logs"
  [ -f "$repository/HEAD" ] || git init --quiet --bare "$repository"
  git --git-dir "$repository" symbolic-ref HEAD "refs/heads/$1"
  ln -sfn "$2" "$own/node"
}

# use HASH: the program of this hash; what was there before goes.
use() {
  ln -sfn "belay-$1.mjs" "$own/belay.mjs"
  for program in "$own"/belay-*.mjs; do
    [ "$program" = "$own/belay-$1.mjs" ] || rm -f "$program"
  done
}

has() { [ -f "$own/belay-$1.mjs" ] && echo yes || echo no; }

# allow, a public key on standard input: it may push here and do nothing else.
allow() {
  key=$(cat)
  mkdir -p "$HOME/.ssh"
  touch "$HOME/.ssh/authorized_keys"
  material=$(printf '%s\n' "$key" | cut -d ' ' -f 1,2)
  if grep -q -F "$material" "$HOME/.ssh/authorized_keys"; then
    echo there
    return
  fi
  # A last line without its end would swallow ours.
  [ -z "$(tail -c 1 "$HOME/.ssh/authorized_keys")" ] || echo >>"$HOME/.ssh/authorized_keys"
  printf 'restrict,command="%s" %s belay:%s\n' "$own/only-push" "$material" "$repository" \
    >>"$HOME/.ssh/authorized_keys"
  echo added
}

remove() {
  [ -f "$own/hook.json" ] || exit 1
  exec 9>"$own/lock"
  flock -n 9 || { echo busy && exit 0; }
  if [ -f "$HOME/.ssh/authorized_keys" ] && [ "$(keys)" != 0 ]; then
    grep -v -F " belay:$repository" "$HOME/.ssh/authorized_keys" >"$HOME/.ssh/authorized_keys.new" || :
    chmod 600 "$HOME/.ssh/authorized_keys.new"
    mv -f "$HOME/.ssh/authorized_keys.new" "$HOME/.ssh/authorized_keys"
  fi
  rm -rf "$repository"
  echo removed
}

shift 2
"$verb" "$@"
