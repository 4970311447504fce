/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept - the last KEPT_READBACKS read-backs by hash, for sign, which asks on a socket of its own
 */
#pragma once

#include "channels/bus.h"
#include "channels/digest.h"
#include "gateway/readback.h"

#define KEPT_READBACKS 64

struct kept { struct { char sha256[DIGEST_HEX], format[32]; struct readback sum; } row[KEPT_READBACKS]; size_t next; };

/* takes what the read-back owns */
void kept_add(struct kept *, const char *sha256, const char *format, struct readback *);
/* every question that waits */
int kept_answer(const struct kept *, struct bus_socket *sign, struct err *);
void kept_release(struct kept *);
