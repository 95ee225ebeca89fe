# shellcheck shell=sh
if [ "${ACTION:-deploy}" = deploy ] && [ -n "${BRANCH:-}" ] && [ "${REF:-}" != "$BRANCH" ]; then
  echo "$ENVIRONMENT is deployed from $BRANCH, and this is ${REF:-no branch}." >&2
  echo 'Nothing was touched.' >&2
  exit 3
fi
