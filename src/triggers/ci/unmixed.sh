# shellcheck shell=sh
# shellcheck disable=SC2034,SC2015
# Code waits for the workflow that tests it. What has nothing to wait for is a push of nothing but
# deployment files.
if [ "$EVENT" = push ]; then
  git fetch --quiet --depth=1 origin "$BEFORE" 2>/dev/null &&
    others=$(git diff --name-only "$BEFORE" HEAD -- . "$@") && [ -z "$others" ] || found='[]'
fi
