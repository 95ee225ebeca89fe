#!/bin/sh
# For a key that may push to this repository, and do nothing else on this server.
repository=$(cd "$(dirname "$0")/.." && pwd) || exit 1
case ${SSH_ORIGINAL_COMMAND:-} in
  'git-receive-pack '*) exec git receive-pack "$repository" ;;
  'git-upload-pack '*) exec git upload-pack "$repository" ;;
esac
echo "This key may push to $repository, and nothing else." >&2
exit 1
