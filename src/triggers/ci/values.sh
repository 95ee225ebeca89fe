# shellcheck shell=sh
# shellcheck disable=SC2154 # $values is filled in by parts.ts
# The environment's values, where belay.yaml looks for them; they are no change of the source.
if [ -n "$values" ] && [ -n "${BELAY_ENV_FILE:-}" ]; then
  printf '/%s\n' "$values" >>"$(git rev-parse --git-path info/exclude)"
  (
    umask 077
    if [ -f "$BELAY_ENV_FILE" ]; then cat "$BELAY_ENV_FILE"; else printf '%s\n' "$BELAY_ENV_FILE"; fi
  ) >"$values"
fi
