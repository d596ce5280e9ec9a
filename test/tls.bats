#!/usr/bin/env bats
# Redis by TLS, where the build has it: a server with a certificate that is not
# good is refused.

load helper

has_tls() {
	ft-push -V | grep -q '^TLS: yes'
}

# authority NAME - one that signs
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$dir/$1.key" -out "$dir/$1.crt" 2>/dev/null
}

# certificate NAME AUTHORITY SUBJECT_ALT_NAMES [days]
certificate() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" \
		-keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
	openssl x509 -req -in "$dir/$1.csr" -days "${4:-2}" \
		-CA "$dir/$2.crt" -CAkey "$dir/$2.key" -CAcreateserial \
		-extfile <(printf 'subjectAltName=%s\n' "$3") \
		-out "$dir/$1.crt" 2>/dev/null
}

# serve NAME [OPTION ...] - on a TLS port of its own, with that certificate
serve() {
	local name=$1

	shift
	rm -rf "${dir:?}/$name"
	port=$(free_port)
	redis_start "$name" --port 0 --tls-port "$port" --bind 127.0.0.1 \
		--tls-cert-file "$dir/$name.crt" \
		--tls-key-file "$dir/$name.key" \
		--tls-ca-cert-file "$dir/ours.crt" "$@"
	unset REDIS_HOST
	export REDIS_PORT=$port
}

setup_file() {
	has_tls || return 0
	export dir=$BATS_FILE_TMPDIR
	authority ours
	authority theirs
	certificate good ours DNS:localhost,IP:127.0.0.1
	certificate foreign theirs DNS:localhost,IP:127.0.0.1
	certificate elsewhere ours DNS:redis.example,IP:192.0.2.1
	certificate over ours DNS:localhost,IP:127.0.0.1 0
	certificate client ours DNS:client
}

setup() {
	has_tls || skip 'this build has no TLS'
	cd "$BATS_TEST_TMPDIR" || return
	export REDIS_TLS=1 REDIS_TLS_CA=$dir/ours.crt
	unset REDIS_TLS_CERT REDIS_TLS_KEY SSL_CERT_FILE
}

teardown() {
	has_tls || return 0
	redis_stop good
	redis_stop foreign
	redis_stop elsewhere
	redis_stop over
}

# refused_by NAME MESSAGE - each program says 64 and why, and nothing is there
refused_by() {
	serve "$1" --tls-auth-clients no
	for program in 'ft-push -r r' 'ft-pop -n -r r' ft-result \
		'ft-stats -r r'; do
		# shellcheck disable=SC2086 # words
		exits 64 $program < <(task a)
		same "${program%% *}: redis at 127.0.0.1:$port: its certificate: $2" \
			"$(cat err)"
	done
	same 0 "$(redis-cli -s "$dir/$1/sock" DBSIZE)"
}

@test "a whole run by TLS, by address and by name" {
	serve good --tls-auth-clients no
	for host in 127.0.0.1 localhost; do
		export REDIS_HOST=$host
		redis-cli -s "$dir/good/sock" FLUSHALL >/dev/null
		tasks a b c | ft-push -r r >/dev/null
		printf '#!/bin/sh\n' >a
		chmod +x a
		cp a b
		cp a c
		ft-pop -f -j 2 -r r | ft-run -j 2 | ft-result >/dev/null
		exits 0 ft-stats -r r -e
		same 3 "$(field passed out)"
	done
}

@test "a long answer comes whole by TLS" {
	serve good --tls-auth-clients no
	seq -f '{"id":"%.0f","spec":"a","tags":["'"$(printf 'x%.0s' {1..200})"'"]}' \
		5000 | ft-push -r r >/dev/null
	same 5000 "$(ft-stats -a -r r | wc -l)"
}

@test "OpenSSL's own list of authorities is taken without REDIS_TLS_CA" {
	serve good --tls-auth-clients no
	unset REDIS_TLS_CA
	exits 64 ft-push -r r < <(task a)
	grep -q 'its certificate: ' err
	SSL_CERT_FILE=$dir/ours.crt exits 0 ft-push -r r < <(task a)
}

@test "a certificate of somebody else is refused" {
	refused_by foreign 'unable to get local issuer certificate'
}

@test "a certificate for another host is refused, by address and by name" {
	refused_by elsewhere 'IP address mismatch'
	REDIS_HOST=localhost exits 64 ft-push -r r < <(task a)
	same "ft-push: redis at localhost:$port: its certificate: hostname mismatch" \
		"$(cat err)"
}

@test "a certificate that has run out is refused" {
	refused_by over 'certificate has expired'
}

# It may close without a word, as one does that is going down.
@test "a server that wants a certificate gets ours" {
	serve good
	exits 69 ft-push -r r < <(task a)
	same 0 "$(redis-cli -s "$dir/good/sock" DBSIZE)"
	export REDIS_TLS_CERT=$dir/client.crt REDIS_TLS_KEY=$dir/client.key
	exits 0 ft-push -r r < <(task a)
	REDIS_TLS_CERT=$dir/foreign.crt REDIS_TLS_KEY=$dir/foreign.key \
		exits 69 ft-push -r r < <(task b)
	same 1 "$(redis-cli -s "$dir/good/sock" LLEN 'ft:{r}:ids')"
}

@test "a server without TLS is out of reach, and never told a password" {
	redis_start good --port 0
	nc=$BATS_TEST_TMPDIR/heard
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1,
		LocalAddr => "127.0.0.1") or die; $| = 1; print $s->sockport, "\n";
		$c = $s->accept; print $c "-ERR what?\r\n"; $c->shutdown(1);
		open F, ">", $ARGV[0]; print F $_ while <$c>; close F' "$nc" \
		>port 3>&- &
	poll test -s port
	unset REDIS_HOST
	REDIS_PORT=$(cat port) REDIS_PASSWORD=secret exits 69 ft-push -r r \
		< <(task a)
	grep -q 'TLS: ' err
	wait $!
	run grep -qa secret "$nc"
	[ "$status" -ne 0 ]
}

@test "files that cannot be used are told by the variable that names them" {
	REDIS_TLS_CA=$dir/none exits 64 ft-push -r r < <(task a)
	grep -q "^ft-push: REDIS_TLS_CA: $dir/none: " err
	REDIS_TLS_CERT=$dir/client.crt exits 64 ft-push -r r < <(task a)
	same 'ft-push: REDIS_TLS_CERT: expected a REDIS_TLS_KEY too' "$(cat err)"
	REDIS_TLS_CERT=$dir/client.crt REDIS_TLS_KEY=$dir/good.key \
		exits 64 ft-push -r r < <(task a)
	grep -q "^ft-push: REDIS_TLS_KEY: $dir/good.key: " err
	REDIS_HOST=$PWD/sock exits 64 ft-push -r r < <(task a)
	same 'ft-push: REDIS_TLS: a Unix socket has none' "$(cat err)"
}
