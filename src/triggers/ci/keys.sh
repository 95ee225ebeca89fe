# shellcheck shell=sh
missing=
[ -n "${BELAY_SSH_KEY:-}" ] || missing="$missing BELAY_SSH_KEY"
[ -n "${BELAY_KNOWN_HOSTS:-}" ] || missing="$missing BELAY_KNOWN_HOSTS"
if [ -n "$missing" ]; then
  echo "These secrets are missing:$missing. Nothing was touched." >&2
  exit 2
fi
# A secret is a text, or a file that holds it.
keep() {
  if [ -f "$1" ]; then cat "$1"; else printf '%s' "$1"; fi | tr -d '\015' >"$BELAY_SSH/$2"
  echo >>"$BELAY_SSH/$2"
}
(
  umask 077
  mkdir -p "$BELAY_SSH"
  keep "$BELAY_SSH_KEY" key
  keep "$BELAY_KNOWN_HOSTS" known_hosts
  # Only a host whose key is in the secret is spoken to: one that is asked for now proves nothing.
  {
    echo 'Host *'
    echo "IdentityFile \"$BELAY_SSH/key\""
    echo 'IdentitiesOnly yes'
    echo "UserKnownHostsFile \"$BELAY_SSH/known_hosts\""
    echo 'StrictHostKeyChecking yes'
    echo 'Include ~/.ssh/config'
  } >"$BELAY_SSH/config"
)
