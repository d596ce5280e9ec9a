/* redis_tls - the connection to Redis as TLS, where the build has that */
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "opt.h"
#include "redis_tls.h"

static bool
wanted(void)
{
	return strcmp(opt_env("REDIS_TLS", "0"), "0") != 0;
}

#ifdef FT_TLS

#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static SSL_CTX *authorities; /* NULL: no TLS */
static const char *server;

const char *
redis_tls_about(void)
{
	return "TLS: yes";
}

static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text != NULL ? text : "unknown trouble";
}

static _Noreturn void
refuse(const char *variable, const char *file)
{
	errx(EX_USAGE, "%s: %s: %s", variable, file, reason());
}

static void
trust(SSL_CTX *x)
{
	const char *file = opt_env("REDIS_TLS_CA", NULL);

	if (file == NULL)
		SSL_CTX_set_default_verify_paths(x);
	else if (SSL_CTX_load_verify_locations(x, file, NULL) != 1)
		refuse("REDIS_TLS_CA", file);
}

static void
show_ourselves(SSL_CTX *x)
{
	const char *cert = opt_env("REDIS_TLS_CERT", NULL);
	const char *key = opt_env("REDIS_TLS_KEY", NULL);

	if ((cert == NULL) != (key == NULL))
		errx(EX_USAGE, "%s: expected a %s too",
		    cert ? "REDIS_TLS_CERT" : "REDIS_TLS_KEY",
		    cert ? "REDIS_TLS_KEY" : "REDIS_TLS_CERT");
	if (cert == NULL)
		return;
	if (SSL_CTX_use_certificate_chain_file(x, cert) != 1)
		refuse("REDIS_TLS_CERT", cert);
	if (SSL_CTX_use_PrivateKey_file(x, key, SSL_FILETYPE_PEM) != 1)
		refuse("REDIS_TLS_KEY", key);
}

void
redis_tls_configure(const char *host)
{
	if (!wanted())
		return;
	if (strchr(host, '/') != NULL)
		errx(EX_USAGE, "REDIS_TLS: a Unix socket has none");
	server = host;
	authorities = SSL_CTX_new(TLS_client_method());
	if (authorities == NULL)
		errx(EX_OSERR, "REDIS_TLS: %s", reason());
	SSL_CTX_set_min_proto_version(authorities, TLS1_2_VERSION);
	SSL_CTX_set_verify(authorities, SSL_VERIFY_PEER, NULL);
	trust(authorities);
	show_ourselves(authorities);
}

/* The certificate has to be of this host, which may be an address. */
static bool
expect_server(SSL *ssl)
{
	X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(rules, server) == 1)
		return true;
	return SSL_set1_host(ssl, server) == 1 &&
	       SSL_set_tlsext_host_name(ssl, server) == 1;
}

int
redis_tls_start(redisContext *c, struct buf *why)
{
	SSL *ssl;
	long doubt;

	if (authorities == NULL)
		return 0;
	ERR_clear_error();
	ssl = SSL_new(authorities);
	if (ssl == NULL || !expect_server(ssl))
		errx(EX_OSERR, "REDIS_TLS: %s", reason());
	if (redisInitiateSSL(c, ssl) == REDIS_OK)
		return 0;
	doubt = SSL_get_verify_result(ssl);
	SSL_free(ssl);
	if (doubt == X509_V_OK) {
		buf_printf(why, "TLS: %s", c->errstr);
		return EX_UNAVAILABLE;
	}
	buf_printf(
	    why, "its certificate: %s", X509_verify_cert_error_string(doubt));
	return EX_USAGE;
}

#else

const char *
redis_tls_about(void)
{
	return "TLS: no";
}

void
redis_tls_configure(const char *host)
{
	(void)host;
	if (wanted())
		errx(EX_USAGE, "REDIS_TLS: this build has no TLS");
}

int
redis_tls_start(redisContext *c, struct buf *why)
{
	(void)c;
	(void)why;
	return 0;
}

#endif
