#!/bin/sh
# Deploys as people do by hand: copy the file, take the old down, bring the new up, wait, ask, and
# go back to the file from before where nobody answers. HOSTS holds words such as `lab1=URL`.
set -eu

on() { ssh -F "$SSH_CONFIG" "$host" "$1"; }

for pair in $HOSTS; do
  host=${pair%%=*} url=${pair#*=}
  echo "deploying to $host"
  on 'mkdir -p shop && cd shop && if [ -f compose.yaml ]; then cp -p compose.yaml compose.yaml.backup; fi'
  scp -q -F "$SSH_CONFIG" compose.yaml "$host:shop/compose.yaml"
  on 'cd shop && docker compose down && docker compose up -d'
  sleep 10
  if ! curl --fail --silent --show-error --output /dev/null --max-time 5 "$url"; then
    echo "$host is not healthy: rolling back"
    on 'cd shop && docker compose down && cp -p compose.yaml.backup compose.yaml && docker compose up -d'
    sleep 10
    curl --fail --silent --show-error --output /dev/null --max-time 5 "$url" || echo 'still ill'
    exit 1
  fi
done
