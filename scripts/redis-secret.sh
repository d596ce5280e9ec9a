#!/bin/sh
# redis-secret.sh [NAME] - print a Secret with new passwords for the queue
set -eu
. "$(dirname "$0")/usage.sh"

# The controller's is password, then there are the workers' and the reporters';
# the file of users holds only their digests and what each may do.
name=${1:-funkytown-redis}
here=$(cd "$(dirname "$0")" && pwd)

new_password() {
	od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

controller=$(new_password) worker=$(new_password) reporter=$(new_password)
users=$("$here/redis-users.sh" <<EOF
funkytown controller $controller
funkytown-worker worker $worker
funkytown-reporter reporter $reporter
EOF
)

cat <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: $name
  labels:
    app.kubernetes.io/part-of: funkytown
type: Opaque
stringData:
  password: $controller
  worker-password: $worker
  reporter-password: $reporter
  users.acl: |
EOF
printf '%s\n' "$users" | sed 's/^/    /'
