# shellcheck shell=sh
# shellcheck disable=SC2016
{
  echo "### Belay: ${ACTION:-deploy} $ENVIRONMENT, $OUTCOME"
  echo
  cat "$OUT/receipt.md" 2>/dev/null || true
  echo
  echo '```text'
  tail -n 100 "$OUT/belay.log" 2>/dev/null || echo 'It did not come to start Belay.'
  echo '```'
} >>"$GITHUB_STEP_SUMMARY"
