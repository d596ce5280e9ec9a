/*
 * redis_tls - the connection to Redis as TLS, where the build has that
 *
 * It has where pkg-config knows hiredis_ssl and libssl. REDIS_TLS asks for it
 * (unset or 0: no). The server's certificate must be of an authority in the
 * file REDIS_TLS_CA, or of one that OpenSSL trusts here, and made out for
 * REDIS_HOST. REDIS_TLS_CERT and REDIS_TLS_KEY are the files of a certificate
 * of our own, for a server that wants one. What cannot be used is exit status
 * 64.
 */
#ifndef REDIS_TLS_H
#define REDIS_TLS_H

#include <hiredis/hiredis.h>

#include "mem.h"

/* What -V says of it. */
const char *redis_tls_about(void);

/* Read the environment, once, for connections to that host. */
void redis_tls_configure(const char *host);

/*
 * Make a fresh connection private, if it has to be. 0, or the exit status of
 * the trouble, told in why: 64 for a certificate that is not good.
 */
int redis_tls_start(redisContext *c, struct buf *why);

#endif
