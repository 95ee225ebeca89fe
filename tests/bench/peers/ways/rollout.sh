#!/bin/sh
# docker-rollout as its documentation says: copy the file, `docker rollout` of the service.
set -eu

for pair in $HOSTS; do
  host=${pair%%=*}
  scp -q -F "$SSH_CONFIG" compose.yaml "$host:shop/compose.yaml"
  ssh -F "$SSH_CONFIG" "$host" 'cd shop && docker rollout --timeout 30 web'
done
