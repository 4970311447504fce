/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_publish - from an accepted request to manifests/NAME.manifest.json and NAME.manifest.p7s
 *
 * Both are written under a temporary name and fsynced, the signature is renamed first and the manifest last: a manifest
 * that can be read has its signature beside it.  A name belongs to the first artifact that was signed under it.  The
 * same artifact once more with the same facts gets what is there already; with other facts (a source, a hash of the
 * rules) it is signed anew.
 *
 * Failure: -1 and *err; then nothing new can be read under NAME.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "gateway/seal.h"
#include "gateway/sign_request.h"

enum publish_result { PUBLISHED, PUBLISH_NAME_TAKEN, PUBLISH_MALFORMED };

struct publish { int dirfd; struct seal_signer *signer; bool demo; };

int publish_prepare(int dirfd, struct err *);		/* at start: sweeps what a crash left */
/* by another artifact */
int publish_taken(const struct publish *, const struct sign_request *, bool *taken, struct err *);
int publish_manifest(enum publish_result *, char manifest_sha256[65], const struct publish *,
	const struct sign_request *, struct err *);
