/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest - what is said and signed about one outbound file, as canonical JSON
 *
 * Keys ascend, no white space, integers and strings only: the same facts give the same bytes.  docs/manifest.md lists
 * the keys.  What a second signing of the same file may change (approvals, audit, time) stands outside
 * manifest_stable().
 *
 * Failure: false, when a bound is passed, a part is missing or a hash is not 64 lower-case hex digits.  Views are
 * borrowed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/view.h"

/* The member "manifest": the form's number; it changes when a key changes its meaning. */
#define MANIFEST_FORM 1
#define MANIFEST_ROWS 1024		/* batches, sources, approvals: so many each */
#define MANIFEST_PART 1024		/* longest single text */
#define MANIFEST_MAX ((size_t)1 << 20)

#define MANIFEST_LIST 8192		/* longest list of a whole run's batches */

/* run, run_nonce, run_list: of a statement about a whole run, else empty: what was signed names them in place of object, nonce and sha256 */
struct manifest_approval { struct view operator_name, act, object, sha256, reason, time, nonce, signature, run, run_nonce, run_list; };
struct manifest_batch { struct view batch, effective_date /* may be empty */, items_sha256; int64_t count, debit_minor,
	credit_minor; };
struct manifest_source { struct view sha256; int64_t first, last; };

struct manifest {
	struct view name, sha256;		/* the artifact */
	int64_t size;
	struct view partner, outbound, business_key;
	struct view format, version;		/* the module that wrote it */
	struct view currency;
	int64_t count, debit_minor, credit_minor, entry_hash;
	const struct manifest_batch *batches;
	size_t n_batches;
	const struct manifest_source *sources;
	size_t n_sources;
	const struct manifest_approval *approvals;
	size_t n_approvals;
	struct view rules_sha256, configuration_sha256;
	struct view previous;			/* SHA-256 of this partner's previous manifest, or empty */
	int64_t audit_size;
	struct view audit_root;
	struct view signer, time;
	bool demo;
};

bool manifest_text(const struct manifest *, struct buf *out);

/* The part of a manifest's text that may not differ between two signings of one file; false: not such a text. */
bool manifest_stable(struct view text, struct view *part);

/* The member that names the file, as it stands in every manifest about it: "artifact":{...}. */
bool manifest_artifact(const struct manifest *, struct buf *out);
