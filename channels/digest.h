/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest - SHA-256, by OpenSSL's EVP
 */
#pragma once

#include <stddef.h>
#include "formats/core/err.h"
#include "formats/core/view.h"

#define DIGEST_HEX 65

struct digest;					/* a running hash */
int digest_open(struct digest **out, struct err *);
void digest_update(struct digest *, struct view);
void digest_final_hex(struct digest *, char hex[DIGEST_HEX]);	/* and free */
void digest_free(struct digest *);
void digest_hex(struct view whole, char hex[DIGEST_HEX]);	/* aborts when the library is broken */
void digest_raw(struct view whole, unsigned char out[32]);
int digest_fd_hex(int fd, char hex[DIGEST_HEX], long long *size, struct err *);	/* reads from the start by pread; the offset stays */
