# --- the proxy, which all apps of a host share ---------------------------------------------------

# For moments; the apps have locks of their own.
take_proxy_lock() {
  (umask 022 && mkdir -p "$ROOT/proxy/sites" "$ROOT/proxy/route" "$ROOT/proxy/run") || return 1
  openable "$ROOT/proxy/lock" || {
    echo "cannot write $ROOT/proxy"
    return 1
  }
  exec 7>>"$ROOT/proxy/lock"
  wait_for 7 60 || {
    echo 'busy: another app changes the proxy'
    return 1
  }
}

proxy_runs() {
  [ "$(dk inspect --type container --format '{{.State.Running}}' "$CADDY" 2>/dev/null)" = true ]
}

# proxy FOLDER: one that runs is left alone, whatever version it is: its restart is a gap for all.
start_proxy() {
  local proxy="$ROOT/proxy" file
  is_inside "$1" || return 1
  proxy_runs && return 0
  take_proxy_lock || return 1
  proxy_runs && return 0
  for file in "$S/$1"/*; do
    [ -f "$file" ] || continue
    (umask 022 && cp "$file" "$proxy/${file##*/}.new") &&
      chmod 644 "$proxy/${file##*/}.new" &&
      mv -f "$proxy/${file##*/}.new" "$proxy/${file##*/}" || return 1
  done
  rm -f "$proxy"/run/*.sock
  {
    setting BELAY_ROOT "$ROOT"
    setting BELAY_PROXY "$proxy"
    setting BELAY_KIT "$KIT"
  } >"$WORK/compose.env"
  run_compose --project-directory "$proxy" -f "$proxy/compose.json" -p belay-proxy \
    up -d --no-build || return 1
  await_proxy
}

# The private listener answers, asked inside of the container: no tool of the host can.
await_proxy() {
  progress 'waiting for the proxy'
  # shellcheck disable=SC2016 # the container's shell expands it
  quiet dk exec "$CADDY" sh -c 'n=0
    until wget -qO- http://127.0.0.1:2020/reverse_proxy/upstreams >/dev/null; do
      n=$((n + 1)); [ "$n" -lt 150 ] || exit 1; sleep 0.1
    done' && return 0
  evidence 'the proxy did not become ready'
  dk logs --tail 20 "$CADDY" >>"$LOG" 2>&1
  return 1
}

# site KEY FILE|-: a reload loses keep-alive requests of all apps, so it happens only for a
# change. The marker names the site until Caddy has taken it: a crash in between must not look like
# "nothing to do" to the next one, which may be another app.
set_site() {
  local key="$1" file="$2" site="$ROOT/proxy/sites/$1.caddy" marker="$ROOT/proxy/reload-needed"
  is_name "$key" && { [ "$file" = - ] || is_inside "$file"; } || return 1
  take_proxy_lock || return 1
  if [ ! -e "$marker" ] && same_site "$site" "$file"; then return 0; fi
  if [ "$file" = - ] && ! proxy_runs; then
    rm -f "$site"
    return
  fi
  validate_site "$key" "$file" || return 1
  first_line "$marker" || :
  [ "$LINE" = "$key" ] || keep_site "$site" || return 1
  put "$marker" "$key" || return 1
  if [ "$file" = - ]; then
    rm -f "$site"
  else
    mv -f "$ROOT/proxy/next/$key.caddy" "$site"
  fi || return 1
  if reload_proxy; then
    rm -f "$marker" "$site.before"
  else
    restore_site "$site"
    rm -f "$marker"
    return 1
  fi
}

keep_site() {
  rm -f "$1.before"
  [ ! -e "$1" ] || cp -p "$1" "$1.before"
}

restore_site() {
  if [ -e "$1.before" ]; then mv -f "$1.before" "$1"; else rm -f "$1"; fi
}

same_site() {
  if [ "$2" = - ]; then [ ! -e "$1" ]; else cmp -s "$1" "$S/$2"; fi
}

# All sites with the new one, side by side: two that claim one domain are each valid alone.
validate_site() {
  local next="$ROOT/proxy/next" site
  rm -rf "$next"
  (
    umask 022
    mkdir "$next" || exit 1
    for site in "$ROOT"/proxy/sites/*.caddy; do
      [ ! -f "$site" ] || cp "$site" "$next/" || exit 1
    done
    rm -f "$next/$1.caddy"
    [ "$2" = - ] || cp "$S/$2" "$next/$1.caddy" || exit 1
    chmod 644 "$next"/*.caddy 2>/dev/null || :
  ) || return 1
  quiet dk exec -e BELAY_SITES=/belay/next "$CADDY" \
    caddy validate --config /belay/Caddyfile --adapter caddyfile
}

reload_proxy() {
  quiet dk exec "$CADDY" caddy reload --config /belay/Caddyfile --adapter caddyfile
}

# drain ALIAS:PORT SECONDS: nothing in flight at two looks 100 ms apart, or the time is over, which
# is no failure. An upstream that no site names is not in the list. One exec that loops inside: a
# look from out here costs more than the pause.
drain() {
  local upstream="$1" seconds="$2"
  is_number "$seconds" || return 1
  proxy_runs || {
    progress "the proxy does not run: nothing is in flight to $upstream"
    return 0
  }
  # shellcheck disable=SC2016 # the container's shell expands it
  dk exec "$CADDY" sh -c '
    left=$(($2 * 10)) zeros=0
    while :; do
      list=$(wget -qO- http://127.0.0.1:2020/reverse_proxy/upstreams) || list=unknown
      case $list in
        unknown) zeros=0 count=unknown ;;
        *"\"address\":\"$1\",\"num_requests\":"*)
          count=${list#*"\"address\":\"$1\",\"num_requests\":"}
          count=${count%%[!0-9]*} ;;
        *) count=0 ;;
      esac
      if [ "$count" = 0 ]; then zeros=$((zeros + 1)); else zeros=0; fi
      [ "$zeros" -lt 2 ] || exit 0
      [ "$left" -gt 0 ] || { echo "$count"; exit 3; }
      left=$((left - 1))
      sleep 0.1
    done' drain "$upstream" "$seconds" >"$WORK/drain" 2>>"$LOG" && return 0
  first_line "$WORK/drain" || LINE=unknown
  progress "$upstream: $LINE still in flight after $seconds s, going on"
}
