# shellcheck shell=sh
# What `belay tidy` looks at and clears up on a server: VERB STATE ROOT REPOSITORY…
# An image that any release of any app needs, or any container, is never one of those.
set -eu
verb=$1
state=$2
root=$3
shift 3
cd "$state"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Ids and names that something needs: kept releases of all apps, and containers, running or not.
note_needed() {
  cat "$root"/*/*/releases/*/*.json 2>/dev/null >"$work/kept" || :
  {
    grep -oE 'sha256:[0-9a-f]{64}' "$work/kept" || :
    grep -oE '"image":"[^"]*"' "$work/kept" | cut -d '"' -f 4 || :
    for container in $(docker ps -aq --no-trunc); do
      docker inspect --format '{{.Image}} {{.Config.Image}}' "$container" 2>/dev/null | tr ' ' '\n' || :
    done
  } | sort -u >"$work/needed"
}

needed() { grep -qxF -e "$1" -e "$2" "$work/needed"; }

old_files() { [ ! -d "$1" ] || find "$1" -type f -mtime +30; }

# look REPOSITORY…: one line for each thing that may go.
look() {
  note_needed
  for repository; do
    docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' "$repository"
  done | sort -u | while read -r name id; do
    case $name in *:'<none>') name=$id ;; esac
    ! needed "$id" "$name" || continue
    docker image inspect --format "image $name {{.Size}} {{.Metadata.LastTagTime.Unix}}" "$id" || :
  done
  for folder in runs logs; do
    old_files "$folder" >"$work/old"
    [ -s "$work/old" ] || continue
    size=$(tr '\n' '\0' <"$work/old" | xargs -0 du -ck | tail -n 1 | cut -f 1)
    echo "$folder $(grep -c . "$work/old") $size"
  done
  for folder in releases/*/; do
    [ ! -d "$folder" ] || echo "release $(basename "$folder") $(du -sk "$folder" | cut -f 1)"
  done
  free
}

free() {
  place=$(docker info --format '{{.DockerRootDir}}')
  [ -d "$place" ] && [ -r "$place" ] || place=$state
  echo "free $(df -Pk "$place" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)"
}

# sweep IMAGE…: what was agreed to, if nothing needs it by now.
sweep() {
  note_needed
  for name; do
    id=$(docker image inspect --format '{{.Id}}' "$name" 2>/dev/null) || continue
    ! needed "$id" "$name" || continue
    docker image rm "$name" >/dev/null 2>&1 || echo "left $name"
  done
  for folder in runs logs; do old_files "$folder" | tr '\n' '\0' | xargs -0 rm -f; done
  free
}

"$verb" "$@"
