#!/bin/sh
set -e
case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ]; then
  [ "$(id -u)" != 0 ] || chown -R redis:redis .
  # The official image is built to listen to other containers without a password.
  set -- "$@" --protected-mode no
  [ "$(id -u)" != 0 ] || exec setpriv --reuid=redis --regid=redis --init-groups "$@"
fi
exec "$@"
