# shellcheck shell=sh
# shellcheck disable=SC2086 # $WHERE is filled in by parts.ts
set -- deploy "$ENVIRONMENT"
if [ "${ACTION:-deploy}" = rollback ]; then
  word=${RELEASE:-$ENVIRONMENT}
  if [ "${CONFIRM:-}" != "$word" ] && [ "${DRY_RUN:-}" != true ]; then
    echo "Not rolled back: type $word to confirm. Nothing was touched." >&2
    exit 3
  fi
  case ${RELEASE:-r1} in
    r[0-9]*) ;;
    *)
      echo "A release is named like r41. Nothing was touched." >&2
      exit 2
      ;;
  esac
  set -- rollback "$ENVIRONMENT" ${RELEASE:+"$RELEASE"}
fi
[ "${DRY_RUN:-}" != true ] || set -- "$@" --dry-run
mkdir -p "$OUT"
# What is written here is no change of the source.
printf '/%s\n' "${OUT##*/}" >>"$(git rev-parse --git-path info/exclude)"
rm -f "$BELAY_SSH/pipe"
mkfifo "$BELAY_SSH/pipe"
tee "$OUT/belay.log" <"$BELAY_SSH/pipe" &
# In place of this shell, so that the signal of a cancelled job reaches Belay itself: it puts back
# what it had begun. If it is killed before that is done, the servers do so by themselves.
set -- "$@" --yes --wait 30m $WHERE
exec belay "$@" --report "$OUT/receipt.md,$OUT/receipt.json,$OUT/receipt.xml" >"$BELAY_SSH/pipe" 2>&1
