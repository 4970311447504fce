/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest - SHA-256, by OpenSSL's EVP
 *
 * The library's configuration file is not read: a hash is the same whatever stands in openssl.cnf, and the first digest
 * may be taken inside a cage where that file cannot be opened.
 *
 * Failure: opening and reading answer -1 and *err.  After that EVP cannot fail for lack of anything; where it does, the
 * library is broken, and the process aborts rather than give a wrong name to money.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "channels/digest.h"

#define DIGEST_RAW 32
#define HOLD 512
#define READ_CHUNK ((size_t)64 << 10)

struct digest { EVP_MD_CTX *evp; size_t held; char hold[HOLD]; };	/* small pieces gather: EVP's way in costs as much as a block */

static void hex_of(const unsigned char raw[DIGEST_RAW], char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_RAW; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[DIGEST_HEX - 1] = '\0';
}

static void hash(struct digest *d, struct view bytes)
{
	if (bytes.n > 0 && EVP_DigestUpdate(d->evp, bytes.p, bytes.n) != 1)
		abort();
}

static void final_raw(struct digest *d, unsigned char raw[DIGEST_RAW])
{
	unsigned n = 0;

	hash(d, (struct view){ d->hold, d->held });
	if (EVP_DigestFinal_ex(d->evp, raw, &n) != 1 || n != DIGEST_RAW)
		abort();
	digest_free(d);
}

int digest_open(struct digest **out, struct err *e)
{
	struct digest *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (d == NULL)
		return err_set(e, ENOMEM, "cannot start a SHA-256: out of memory");
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	d->evp = EVP_MD_CTX_new();
	if (d->evp == NULL || EVP_DigestInit_ex(d->evp, EVP_sha256(), NULL) != 1) {
		digest_free(d);
		return err_set(e, -1, "cannot start a SHA-256: OpenSSL refuses");
	}
	*out = d;
	return 0;
}

void digest_update(struct digest *d, struct view bytes)
{
	if (bytes.n > HOLD - d->held) {
		hash(d, (struct view){ d->hold, d->held });
		d->held = 0;
	}
	if (bytes.n > HOLD) {
		hash(d, bytes);
	} else if (bytes.n > 0) {
		memcpy(d->hold + d->held, bytes.p, bytes.n);
		d->held += bytes.n;
	}
}

void digest_final_hex(struct digest *d, char hex[DIGEST_HEX])
{
	unsigned char raw[DIGEST_RAW];

	final_raw(d, raw);
	hex_of(raw, hex);
}

void digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->evp);
	free(d);
}

void digest_raw(struct view whole, unsigned char out[DIGEST_RAW])
{
	struct digest *d;

	if (digest_open(&d, NULL) == -1)
		abort();
	digest_update(d, whole);
	final_raw(d, out);
}

void digest_hex(struct view whole, char hex[DIGEST_HEX])
{
	unsigned char raw[DIGEST_RAW];

	digest_raw(whole, raw);
	hex_of(raw, hex);
}

int digest_fd_hex(int fd, char hex[DIGEST_HEX], long long *size, struct err *e)
{
	char *chunk = malloc(READ_CHUNK);
	struct digest *d = NULL;
	off_t at = 0;
	int rc = -1;

	if (chunk == NULL)
		return err_set(e, ENOMEM, "cannot hash a file: out of memory");
	if (digest_open(&d, e) == -1)
		goto out;
	for (;;) {
		ssize_t n = pread(fd, chunk, READ_CHUNK, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot read at byte %lld: %s", (long long)at, strerror(errno));
			goto out;
		}
		if (n == 0)
			break;
		digest_update(d, (struct view){ chunk, (size_t)n });
		at += n;
	}
	digest_final_hex(d, hex);
	d = NULL;
	if (size != NULL)
		*size = (long long)at;
	rc = 0;
out:
	digest_free(d);
	free(chunk);
	return rc;
}
