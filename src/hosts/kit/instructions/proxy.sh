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

# in_proxy EXEC-ARGUMENTS…: now and then an engine cannot start a process in a container (126,
# "unable to start container process"). Nothing of it ran then, so it is tried again.
in_proxy() {
  local tries=1
  until dk exec "$@"; do
    set -- $? "$@"
    [ "$1" = 126 ] && [ "$tries" -lt 5 ] || return "$1"
    shift
    tries=$((tries + 1))
    sleep 0.2
  done
}

# The private listener answers, asked inside of the container: no tool of the host can.
await_proxy() {
  progress 'waiting for the proxy'
  # shellcheck disable=SC2016 # the container's shell expands it
  quiet in_proxy "$CADDY" sh -c 'n=0
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
  quiet in_proxy -e BELAY_SITES=/belay/next "$CADDY" \
    caddy validate --config /belay/Caddyfile --adapter caddyfile
}

reload_proxy() {
  quiet in_proxy "$CADDY" caddy reload --config /belay/Caddyfile --adapter caddyfile
}

# drain ALIAS:PORT[,ALIAS:PORT…] SECONDS [CONTAINER…]: nothing in flight at two looks 100 ms apart,
# or the time is over, which is no failure. An upstream that no site names is not in the list. One
# exec that loops inside: a look from out here costs more than the pause. Where none of the
# containers runs nothing is in flight, and requests that try in vain would be taken for it.
drain() {
  local upstreams="$1" seconds="$2" running
  is_number "$seconds" || return 1
  shift 2
  running=$(running_of "$CADDY" "$@")
  case "$running " in
    *" $CADDY "*) ;;
    *)
      progress "the proxy does not run: nothing is in flight to $upstreams"
      return 0
      ;;
  esac
  # Not told of any, it cannot say that none runs.
  [ $# = 0 ] || [ "$running" != " $CADDY" ] || return 0
  # shellcheck disable=SC2016 # the container's shell expands it
  in_proxy "$CADDY" sh -c '
    left=$(($2 * 10)) zeros=0 IFS=,
    while :; do
      count=0
      list=$(wget -qO- http://127.0.0.1:2020/reverse_proxy/upstreams) || count=unknown
      for address in $1; do
        case $list in
          *"\"address\":\"$address\",\"num_requests\":"*)
            one=${list#*"\"address\":\"$address\",\"num_requests\":"}
            count=$((count + ${one%%[!0-9]*})) ;;
        esac
      done
      if [ "$count" = 0 ]; then zeros=$((zeros + 1)); else zeros=0; fi
      [ "$zeros" -lt 2 ] || exit 0
      [ "$left" -gt 0 ] || { echo "$count"; exit 3; }
      left=$((left - 1))
      sleep 0.1
    done' drain "$upstreams" "$seconds" >"$WORK/drain" 2>>"$LOG" && return 0
  first_line "$WORK/drain" || LINE=unknown
  progress "${upstreams%%,*}: $LINE still in flight after $seconds s, going on"
}

# running_of CONTAINER…: those of them that run, each after a space: one look for all.
running_of() {
  dk inspect --type container --format '{{slice .Name 1}} {{.State.Running}}' "$@" 2>/dev/null |
    awk '$2 == "true" { printf " %s", $1 }'
}

# answers http:ALIAS:PORT/PATH or tcp:ALIAS:PORT. Any answer below 500 shows that the app is there;
# of what speaks no HTTP, that it took the connection.
answers() {
  proxy_runs || return 0
  dk exec "$CADDY" wget -S -T 1 -O /dev/null "http://${1#*:}" >"$WORK/answer" 2>&1 && return 0
  case $1 in
    http:*) grep -q 'HTTP/1\.[01] [1-4]' "$WORK/answer" ;;
    *) ! grep -q -e "can't connect" -e 'bad address' "$WORK/answer" ;;
  esac
}

# relay FROM TO SECONDS PORT=PORT…: a request looks for its slot once, and is then tried there until
# its time is over. So when that slot is given up, a small proxy takes its name for a moment and
# passes on what still waits. Without it these requests are lost, and nothing else: no failure.
relay() {
  local from="$1" to="$2" seconds="$3" name="belay-relay-$1" image word upstreams='' sites=''
  is_name "$from" && is_name "$to" && is_number "$seconds" || return 1
  shift 3
  for word; do
    is_number "${word%=*}" && is_number "${word#*=}" || return 1
    upstreams="${upstreams:+$upstreams,}$from:${word%=*}"
    sites="$sites$(relay_site "${word%=*}" "$to:${word#*=}")$NL"
  done
  proxy_runs && image=$(dk inspect --type container --format '{{.Image}}' "$CADDY") || return 0
  unless "$GONE" dk rm -f "$name"
  progress "passing on what still waits for $from"
  # Should nobody end it, it ends itself: its name must be free for the next release.
  # shellcheck disable=SC2016 # the container's shell expands it
  quiet dk run -d --rm --name "$name" --network belay --network-alias "$from" \
    --label belay.role=relay -e "SITES=$RELAY$NL$sites" --entrypoint sh "$image" \
    -c 'printf %s "$SITES" >/tmp/Caddyfile
      exec timeout "$1" caddy run --config /tmp/Caddyfile --adapter caddyfile' \
    relay $((seconds + 30)) && await_relay "${upstreams%%,*}" && drain "$upstreams" "$seconds"
  unless "$GONE" dk rm -f "$name"
  return 0
}

RELAY='{
	admin off
	persist_config off
	auto_https off
	servers {
		trusted_proxies static private_ranges
		enable_full_duplex
	}
}'

relay_site() {
  printf '%s\n' "http://:$1 {" '	@here header Belay-Relay *' '	respond @here 204' \
    "	reverse_proxy $2 {" '		lb_try_duration 30s' '		lb_try_interval 50ms' \
    '		transport http {' '			dial_timeout 2s' '			keepalive 500ms' \
    '			compression off' '		}' '	}' '}'
}

# Once it listens, whoever waits finds it within one more try.
await_relay() {
  # shellcheck disable=SC2016 # the container's shell expands it
  quiet in_proxy "$CADDY" sh -c 'n=0
    until wget -q -T 1 --header "Belay-Relay: 1" -O /dev/null "http://$1"; do
      n=$((n + 1)); [ "$n" -lt 100 ] || exit 1; sleep 0.1
    done
    sleep 0.3' relay "$1"
}
