#!/bin/sh
# redis-secret.sh [NAME] - print a Secret with a new password for the queue
set -eu

# The file of rights holds only the password's digest. Rights are what the
# queue's scripts use: its own keys, no administration, no KEYS or FLUSHALL.
# The default user lets nobody in but keeps its rights: Redis 7.0 reads its
# append-only file as that user, and without them drops every transaction.
name=${1:-funkytown-redis}
password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
rights='~ft:* ~runmeta +@read +@write +@connection +@scripting +@transaction'
rights="$rights +time +wait -@dangerous +info +role"

cat <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: $name
  labels:
    app.kubernetes.io/part-of: funkytown
type: Opaque
stringData:
  password: $password
  users.acl: |
    user default off ~* &* +@all
    user funkytown on #$digest $rights
EOF
