#!/bin/sh
# Written by "belay hook install", which writes it anew. Git runs it in the repository, before and
# after it takes a push.
repository=$PWD
unset GIT_QUARANTINE_PATH
if ! "$repository/belay/node" --version >/dev/null 2>&1; then
  echo 'Belay: Node is gone from this server, so that nothing can be deployed from here.' >&2
  echo 'Install Node 20.19 or newer on it, then run: belay hook install' >&2
  exit 1
fi
exec "$repository/belay/node" "$repository/belay/belay.mjs" hook receive "${0##*/}" "$repository"
