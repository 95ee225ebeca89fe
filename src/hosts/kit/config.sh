# --- the compose files of a deployer without Docker ----------------------------------------------

# compose-config, payload: a tar of `root/` (that machine's files, at their own paths below it),
# `words` (what compose is called with, a line each), `home`, and `values.env`. Changes nothing: all
# of it lies in a folder of this process, which is gone afterwards.
verb_compose_config() {
  local folder="$WORK/compose" word
  tidy_work
  rm -rf "$folder"
  mkdir "$folder" && cd "$folder" && tar -xpof - <"$PAYLOAD" 2>&1 ||
    give_up 75 "cannot unpack the compose files into $folder"
  : >"$PAYLOAD"
  folder=$(pwd -P)
  set --
  while IFS= read -r word; do
    case $word in
      /*) word=$folder/root$word ;;
    esac
    set -- "$@" "$word"
  done <words
  read_compose "$folder" "$@"
  echo "$? $folder"
  awk '{ print "= " $0 }' model
  awk '{ print "! " $0 }' said
  cd / && rm -rf "$folder"
}

# read_compose FOLDER WORD…: of our own environment it sees nothing but what Docker's client needs.
# It does not need the daemon, and so no sudo.
read_compose() {
  local values="$1/values.env"
  shift
  first_line home || :
  within 60 env -i "PATH=$PATH" "HOME=$LINE" "DOCKER_CONFIG=${DOCKER_CONFIG:-${HOME-}/.docker}" \
    docker compose --ansi never --env-file "$values" "$@" config --format json >model 2>said
}
