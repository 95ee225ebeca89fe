# shellcheck shell=sh
# shellcheck disable=SC2086 # $WHERE is filled in by parts.ts
mkdir -p "$OUT"
belay show "$ENVIRONMENT" $WHERE >"$OUT/last-run.txt" 2>&1 || true
belay show "$ENVIRONMENT" --json $WHERE >"$OUT/last-run.json" 2>/dev/null || true
