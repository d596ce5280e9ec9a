#!/bin/sh
# redis-users.sh <people - print the file of users that redis-server --aclfile reads
set -eu
. "$(dirname "$0")/usage.sh"

# A line of people is USER ROLE PASSWORD, the role being controller, worker or
# reporter. What is printed holds only the passwords' digests. The default user
# lets nobody in but keeps its rights: Redis 7.0 reads its append-only file as
# that user, and without them drops every transaction.
#
# Scripts of the queue run with the rights of whoever calls them.
look='+auth +ping +time +eval +evalsha +exists +hget +hgetall +hlen +hmget
+hscan +llen +lrange +ttl +xrevrange +zcard +zrange +zrevrange'
work='+blmpop +del +expire +hdel +hexists +hincrby +hset +hsetnx +lindex +ltrim
+rpush +sadd +scard +smembers +srem +xadd +xread +zadd +zrangebyscore +zrem'
rights_of() {
	case $1 in
	controller)
		printf '~ft:* ~runmeta +@read +@write +@connection '
		printf '+@scripting +@transaction +time +wait -@dangerous +info +role'
		;;
	worker) printf '~ft:{* ~ft:history %%R~runmeta %s %s' "$look" "$work" ;;
	reporter) printf '~ft:* %%R~runmeta %s' "$look" ;; # EVAL wants ~
	esac | tr '\n' ' '
}

printf 'user default off ~* &* +@all\n'
while read -r user role password; do
	[ -n "$password" ] || {
		printf 'redis-users.sh: expected a user, a role and a password\n' >&2
		exit 65
	}
	rights=$(rights_of "$role")
	[ -n "$rights" ] || {
		printf 'redis-users.sh: no such role: %s\n' "$role" >&2
		exit 65
	}
	digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
	printf 'user %s on #%s %s\n' "$user" "$digest" "$rights"
done
