#!/bin/sh
set -e
htpasswd -Bbn "$REGISTRY_USER" "$REGISTRY_PASSWORD" >/etc/docker/registry/htpasswd
unset REGISTRY_USER REGISTRY_PASSWORD
exec docker-registry serve /etc/docker/registry/config.yml
