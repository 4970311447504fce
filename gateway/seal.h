/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal - signatures: detached CMS over manifests, ECDSA P-256 over an operator's statements
 *
 * Manifests: CMS SignedData, detached, binary, DER, ECDSA P-256 with SHA-256, the signer's certificate inside;
 * verifiable with `openssl cms -verify -binary -inform DER` and certtool with nothing of ours installed.  (CMS with
 * Ed25519 fails in OpenSSL 3.0.)
 * Statements: ECDSA P-256 over SHA-256 of the canonical text, DER, printed in lower-case hex.
 * Failure: -1 and *err; a signature that does not verify is SEAL_BAD, never an error, so that a broken machine is not
 * mistaken for a forger.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

enum seal_verdict { SEAL_GOOD, SEAL_BAD };

struct seal_signer;			/* private key and certificate, in memory */
int seal_signer_open(struct seal_signer **out, const char *key_path, const char *cert_path, struct err *);
const char *seal_signer_name(const struct seal_signer *);		/* the certificate's common name */
int seal_sign_cms(struct seal_signer *, struct view content, struct buf *der, struct err *);
void seal_signer_free(struct seal_signer *);
int seal_verify_cms(enum seal_verdict *, struct buf *why, struct view content, struct view der, const char *ca_path,
	struct err *);

int seal_sign_statement(struct buf *hex, struct view text, const char *key_path, struct err *);
int seal_verify_statement(enum seal_verdict *, struct view text, struct view hex, const char *public_pem, struct err *);

/* Keys.  Files are made with O_EXCL, mode 0600 for private ones; an existing file is refused. */
int seal_make_operator_key(const char *key_path, const char *public_path, struct err *);
/* ca.key ca.pem signer.key signer.pem */
int seal_make_ca_and_signer(const char *dir, const char *name, struct err *);
int seal_random(void *out, size_t n, struct err *);

/*
 * SHA-256 of the key's SubjectPublicKeyInfo, as hex: two PEM texts that are one key have one id.  SEAL_BAD: the text is
 * no public key on P-256.
 */
int seal_public_id(enum seal_verdict *, char hex[65], const char *public_pem, struct err *);

/*
 * Checkpoints of the audit: the C2SP signed-note text with signature type 0x02 (ECDSA P-256, SHA-256 over the note's
 * text, DER; key id = the first 4 bytes of SHA-256 of the SubjectPublicKeyInfo).  The text is three lines: the signer's
 * name as origin, the tree's size, its root in base64 (c2sp.org/tlog-checkpoint).
 */
int seal_sign_note(struct seal_signer *, int64_t size, const unsigned char root[32], struct buf *note, struct err *);
int seal_verify_note(enum seal_verdict *, struct buf *why, struct view note, const char *cert_path, struct err *);
